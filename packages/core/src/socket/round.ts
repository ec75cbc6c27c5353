/** A member that is checked periodically. */
export interface RoundMember {
  check(): void;
}

/**
 * Checks its members at an interval, all on one timer.
 *
 * Time is counted in ticks of that timer, not read from a clock: a blocked event loop expires nobody's time limit.
 * Members are checked after the I/O of the same turn, so that bytes that arrived while the loop was busy count.
 */
export class Round {
  readonly #delay: number;
  readonly #members = new Set<RoundMember>();
  #timer: NodeJS.Timeout | undefined;
  #tick = 0;

  private constructor(delay: number) {
    this.#delay = delay;
  }

  /** The round that all members with the same delay share. */
  static every(delay: number): Round {
    const key = Math.max(1, delay);
    let round = rounds.get(key);
    if (round === undefined) {
      round = new Round(key);
      rounds.set(key, round);
    }
    return round;
  }

  /** In ms. */
  get delay(): number {
    return this.#delay;
  }

  /** How many times the members have been checked. */
  get tick(): number {
    return this.#tick;
  }

  add(member: RoundMember): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => setImmediate(this.#next), this.#delay).unref();
  }

  delete(member: RoundMember): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  readonly #next = (): void => {
    this.#tick++;
    for (const member of this.#members) member.check();
  };
}

/** By their delay; there are at most as many as an app has routes with their own time limits. */
const rounds = new Map<number, Round>();
