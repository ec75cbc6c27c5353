import type { HandshakeError } from '@turnout/core';
import type { UnclaimedUpgrade } from './unclaimed-upgrade.ts';

/**
 * Upgrades that are left to the other listeners of a server, until one of them takes it. Without a timeout nothing
 * would answer them: a client could hold any number of connections by asking for a path that does not exist.
 */
export class UnclaimedUpgrades {
  /** The oldest first, each with the timer that refuses it. */
  readonly #waiting = new Map<UnclaimedUpgrade, NodeJS.Timeout | undefined>();
  readonly #timeout: number;

  /** @param timeout how long, in ms, the other listeners have to take one */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** An upgrade that is not taken immediately counts until its timeout, or until room is needed. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Waits for the timeout, then refuses the upgrade with `error` if no listener has taken it. */
  add(left: UnclaimedUpgrade, error: HandshakeError): void {
    const onTimeout = (): void => this.#settle(left, error);
    this.#waiting.set(left, this.#timeout === Infinity ? undefined : setTimeout(onTimeout, this.#timeout));
    left.whenGone(() => this.#forget(left));
    // Most libraries take their upgrades at once.
    setImmediate(() => left.isTaken() && this.#forget(left));
  }

  /** Makes room for one: refuses the oldest with `error`, unless it was taken. Returns whether there was one. */
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
