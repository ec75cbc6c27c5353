import type { WebSocket } from '@turnout/core';
import type { SessionWatch } from './session-watch.ts';

const watches = new WeakMap<WebSocket, SessionWatch>();

/** The session that a socket was opened under; `undefined` without a session in a store. */
export function liveSession(socket: WebSocket): LiveSession | undefined {
  const watch = watches.get(socket);
  return watch && new LiveSession(watch);
}

export function noteSession(socket: WebSocket, watch: SessionWatch): void {
  watches.set(socket, watch);
}

/** The data of a session, as the store keeps it. */
export type LiveSessionData = Record<string, unknown>;

/**
 * The session of an open socket, as its store has it. It sees changes by others and never overwrites them, and it never
 * restores a session that has ended.
 */
export class LiveSession {
  readonly #watch: SessionWatch;

  constructor(watch: SessionWatch) {
    this.#watch = watch;
  }

  get id(): string {
    return this.#watch.id;
  }

  /** The session as it is stored now; `null` if it has ended. Rejects with the store's error. */
  async reload(): Promise<LiveSessionData | null> {
    const session = await this.#watch.load();
    return session && !this.#watch.isEnded ? (session as unknown as LiveSessionData) : null;
  }

  /**
   * Loads the session, applies `change`, and saves it.
   *
   * @returns a promise of `false`, with nothing saved, if the session has ended; it rejects with the error of `change`
   *   or of the store
   */
  update(change: (data: LiveSessionData) => void): Promise<boolean> {
    return this.#watch.update((session) => change(session as unknown as LiveSessionData));
  }

  /** Extends the session's lifetime, as a request does; resolves and rejects like {@link update}. */
  touch(): Promise<boolean> {
    return this.#watch.update((session) => void session.touch?.());
  }

  /** Ends the session and closes all its sockets. */
  destroy(): Promise<void> {
    return this.#watch.destroySession();
  }
}
