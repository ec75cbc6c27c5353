/** Something that is looked at now and then. */
export interface RoundMember {
  check(): void;
}

/**
 * Checks its members at an interval, all on one timer.
 *
 * Time is counted in ticks of that timer, not read from a clock: a blocked event loop counts against nobody.
 * Members are checked after the I/O of the same turn, so that what came while the loop was busy counts.
 */
export class Round {
  readonly #delay: number;
  readonly #members = new Set<RoundMember>();
  #timer: NodeJS.Timeout | undefined;
  #tick = 0;

  private constructor(delay: number) {
    this.#delay = delay;
  }

  /** The round that everything with the same delay shares. */
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

  /** How often the members were checked. */
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

/** By their delay; there are as many as an app has routes with time limits of their own. */
const rounds = new Map<number, Round>();
