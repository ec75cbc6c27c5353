import type { SessionStore } from './session-convention.ts';
import type { SessionWatch } from './session-watch.ts';

/** In how many parts a round is done, so that a store is not asked about all sessions at once. */
const partCount = 8;

/**
 * Asks the stores about the sessions of open sockets, each once in an interval: what another process has ended, or the
 * store itself when it expired, nobody else notices here.
 */
export class SessionPatrol {
  readonly #interval: number;
  readonly #watches = new Set<SessionWatch>();
  #timer: NodeJS.Timeout | undefined;
  #round: SessionWatch[] = [];
  /** Which part of the round is next. */
  #part = 0;

  /** @param interval in ms; `Infinity` for never */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /**
   * Asks now, as what is never found has not been stored yet rather than ended, and from then on.
   *
   * @returns whether it does
   */
  add(watch: SessionWatch): boolean {
    if (this.#interval === Infinity || watch.isReleased) return false;
    this.#watches.add(watch);
    watch.whenReleased(() => this.#remove(watch));
    void watch.check();
    this.#timer ??= setInterval(() => this.#checkPart(), Math.max(1, this.#interval / partCount)).unref();
    return true;
  }

  #remove(watch: SessionWatch): void {
    this.#watches.delete(watch);
    if (this.#watches.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#round = [];
    this.#part = 0;
  }

  #checkPart(): void {
    if (this.#part === 0) this.#round = onePerSession(this.#watches);
    const { length } = this.#round;
    const start = Math.floor((length * this.#part) / partCount);
    this.#part++;
    const end = Math.floor((length * this.#part) / partCount);
    this.#part %= partCount;
    for (const watch of this.#round.slice(start, end)) void watch.check();
  }
}

/** Several sockets may be open under one session. */
function onePerSession(watches: Iterable<SessionWatch>): SessionWatch[] {
  const known = new Map<SessionStore, Set<string>>();
  return [...watches].filter(({ store, id }) => {
    const ids = known.get(store) ?? new Set();
    known.set(store, ids);
    return !ids.has(id) && ids.add(id);
  });
}
