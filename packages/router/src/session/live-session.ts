import type { WebSocket } from '@turnout/core';
import type { SessionWatch } from './session-watch.ts';

const watches = new WeakMap<WebSocket, SessionWatch>();

/** The session that a socket was opened under; `undefined` where there was none that a store keeps. */
export function liveSession(socket: WebSocket): LiveSession | undefined {
  const watch = watches.get(socket);
  return watch && new LiveSession(watch);
}

export function noteSession(socket: WebSocket, watch: SessionWatch): void {
  watches.set(socket, watch);
}

/** The data of a session, which a store keeps. */
export type LiveSessionData = Record<string, unknown>;

/**
 * A session over the life of a socket, as its store has it: what others have changed meanwhile is seen, and neither
 * overwritten nor, once it has ended, brought back.
 */
export class LiveSession {
  readonly #watch: SessionWatch;

  constructor(watch: SessionWatch) {
    this.#watch = watch;
  }

  get id(): string {
    return this.#watch.id;
  }

  /** The session as it is stored now; `null` where it has ended. Rejects with what the store fails with. */
  async reload(): Promise<LiveSessionData | null> {
    const session = await this.#watch.load();
    return session && !this.#watch.isEnded ? (session as unknown as LiveSessionData) : null;
  }

  /**
   * Loads the session, has `change` change it, and saves it.
   *
   * @returns a promise of `false`, with nothing saved, where it has ended; it rejects with what `change` throws or the
   *   store fails with
   */
  update(change: (data: LiveSessionData) => void): Promise<boolean> {
    return this.#watch.update((session) => change(session as unknown as LiveSessionData));
  }

  /** Prolongs the session, as a request does; resolves and rejects as {@link update}. */
  touch(): Promise<boolean> {
    return this.#watch.update((session) => void session.touch?.());
  }

  /** Ends the session, and with it all its sockets. */
  destroy(): Promise<void> {
    return this.#watch.destroySession();
  }
}
