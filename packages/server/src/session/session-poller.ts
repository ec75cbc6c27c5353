import type { SessionStore } from './session-request.ts';
import type { SessionWatch } from './session-watch.ts';

/** The parts of a round: a store is not asked about all sessions at once. */
const partCount = 8;

/**
 * Asks the stores about the sessions of open sockets, each once per interval. This is the only way to notice that a
 * session has expired in the store or that another process has ended it.
 */
export class SessionPoller {
  readonly #interval: number;
  /** A session stays in its part, so at most one interval passes before its first check and between two checks. */
  readonly #parts: readonly Set<SessionWatch>[] = Array.from({ length: partCount }, () => new Set<SessionWatch>());
  #count = 0;
  #timer: NodeJS.Timeout | undefined;
  #nextPart = 0;

  /** @param interval in ms; `Infinity` for never */
  constructor(interval: number) {
    this.#interval = interval;
  }

  /**
   * Polls a session from now on. If it has not been seen in the store yet, asks at once: only a session that has been
   * seen there can be found to have ended.
   *
   * @returns whether it polls the session
   */
  add(watch: SessionWatch): boolean {
    if (this.#interval === Infinity || watch.isOver) return false;
    const part = this.#parts[partOf(watch.id)]!;
    part.add(watch);
    this.#count++;
    watch.whenOver(() => this.#remove(watch, part));
    if (watch.knowledge === 'unsaved') void watch.check();
    this.#timer ??= setInterval(() => this.#checkPart(), Math.max(1, this.#interval / partCount)).unref();
    return true;
  }

  #remove(watch: SessionWatch, part: Set<SessionWatch>): void {
    part.delete(watch);
    this.#count--;
    if (this.#count > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#nextPart = 0;
  }

  #checkPart(): void {
    const part = this.#parts[this.#nextPart]!;
    this.#nextPart = (this.#nextPart + 1) % partCount;
    for (const watch of onePerSession(part)) void watch.check();
  }
}

/** The same for all sockets of a session. IDs are random, so the parts have about equal size. */
function partOf(id: string): number {
  let sum = 0;
  for (let index = 0; index < id.length; index++) sum += id.charCodeAt(index);
  return sum % partCount;
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
