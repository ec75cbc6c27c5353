import type { IncomingMessage } from 'node:http';
import { namedSessionOf, whenSessionNamed } from './session-request.ts';
import type { SessionRequest } from './session-request.ts';
import { SessionWatch } from './session-watch.ts';

/** The session of a request while its upgrade is pending, watched from the moment middleware asks for it. */
export class HandshakeSession {
  #watch: SessionWatch | undefined;

  /** @param isPending whether the upgrade is not answered yet, so that its session may still change */
  constructor(request: IncomingMessage, isPending: () => boolean) {
    whenSessionNamed(request, () => {
      if (isPending()) this.follow(namedSessionOf(request));
    });
  }

  /** `undefined` while the request has no session that a store keeps. */
  get watch(): SessionWatch | undefined {
    return this.#watch;
  }

  /** Watches this session instead of the previous one: middleware may replace the session of a request. */
  follow(session: SessionRequest | undefined): void {
    if (this.#watch !== undefined && this.#watch.id === session?.sessionID) {
      if (session.isStored) this.#watch.noteStored();
      return;
    }
    this.#watch?.release();
    this.#watch = session && new SessionWatch(session);
  }

  /**
   * Asks the store again whether the session still exists: another process may have ended it since middleware read it.
   *
   * @returns `undefined` without a session, or if this handshake created it
   */
  recheck(): Promise<void> | undefined {
    return this.#watch?.knowledge === 'stored' ? this.#watch.check() : undefined;
  }

  /** The upgrade was accepted: the watch continues for the socket. */
  leave(): void {
    this.#watch?.leaveHandshake();
  }

  release(): void {
    this.#watch?.release();
  }
}
