import type { IncomingMessage } from 'node:http';
import { namedSessionOf, whenSessionNamed } from './session-request.ts';
import type { SessionRequest } from './session-request.ts';
import { SessionWatch } from './session-watch.ts';

/** The session of a request while its upgrade goes through the app: watched from when middleware asks for it. */
export class HandshakeSession {
  #watch: SessionWatch | undefined;

  /** @param isPending whether the session may still change: the upgrade is not answered */
  constructor(request: IncomingMessage, isPending: () => boolean) {
    whenSessionNamed(request, () => {
      if (isPending()) this.follow(namedSessionOf(request));
    });
  }

  /** `undefined` while the request has no session that a store keeps. */
  get watch(): SessionWatch | undefined {
    return this.#watch;
  }

  /** Watches this session from now on, and no other: middleware may give the request another one. */
  follow(session: SessionRequest | undefined): void {
    if (this.#watch !== undefined && this.#watch.id === session?.sessionID) {
      if (session.isStored) this.#watch.noteStored();
      return;
    }
    this.#watch?.release();
    this.#watch = session && new SessionWatch(session);
  }

  /**
   * Has the store asked once more whether the session goes on: another process may have ended it since middleware read
   * it.
   *
   * @returns nothing where there is nothing to ask about: no session, or one that is made in this very handshake
   */
  recheck(): Promise<void> | undefined {
    return this.#watch?.knowledge === 'stored' ? this.#watch.check() : undefined;
  }

  /** The upgrade was accepted: the socket watches on. */
  leave(): void {
    this.#watch?.leaveHandshake();
  }

  release(): void {
    this.#watch?.release();
  }
}
