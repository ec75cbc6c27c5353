import type { HandshakeError } from '@turnout/core';
import type { UnclaimedUpgrade } from './unclaimed-upgrade.ts';

/**
 * Upgrades that were left to the other listeners of a server, as long as none of them has taken it. Nobody else would
 * ever answer them: a client could hold any number of connections by asking for what nobody serves.
 */
export class UnclaimedUpgrades {
  /** The oldest first, each with the timer of its end. */
  readonly #waiting = new Map<UnclaimedUpgrade, NodeJS.Timeout | undefined>();
  readonly #timeout: number;

  /** @param timeout how long, in ms, the others have to take one */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** Those that have been taken later than at once are counted until their time is over, or room is needed. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Gives the others their time; then one that nobody has taken is refused with `error`. */
  add(left: UnclaimedUpgrade, error: HandshakeError): void {
    const onTimeout = (): void => this.#settle(left, error);
    this.#waiting.set(left, this.#timeout === Infinity ? undefined : setTimeout(onTimeout, this.#timeout));
    left.whenGone(() => this.#forget(left));
    // Most libraries take what is theirs at once.
    setImmediate(() => left.isTaken() && this.#forget(left));
  }

  /** Makes room for one: the oldest is refused with `error`, unless it was taken. Returns whether there was one. */
  giveWay(error: HandshakeError): boolean {
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#settle(oldest, error);
    return oldest !== undefined;
  }

  #settle(left: UnclaimedUpgrade, error: HandshakeError): void {
    this.#forget(left);
    if (!left.isTaken()) left.refuse(error);
  }

  #forget(left: UnclaimedUpgrade): void {
    clearTimeout(this.#waiting.get(left));
    this.#waiting.delete(left);
  }
}
