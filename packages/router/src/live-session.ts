import type { WebSocket } from '@turnout/core';
import type { StoredSession } from './session-convention.ts';
import type { SessionWatch } from './session-watch.ts';

const sessions = new WeakMap<WebSocket, LiveSession>();

/** The session that a socket was opened under; `undefined` where there was none that a store keeps. */
export function liveSession(socket: WebSocket): LiveSession | undefined {
  return sessions.get(socket);
}

export function noteLiveSession(socket: WebSocket, watch: SessionWatch): void {
  sessions.set(socket, new LiveSession(watch));
}

/** The data of a session, which a store keeps. */
export type LiveSessionData = Record<string, unknown>;

/**
 * A session over the life of a socket, as its store has it: what others have changed meanwhile is seen, and neither
 * overwritten nor, once it has ended, brought back.
 */
export class LiveSession {
  readonly #watch: SessionWatch;
  /** Changes are made one after the other. */
  #last: Promise<unknown> = Promise.resolve();

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
    const updated = this.#last.then(() => this.#update(change));
    this.#last = updated.catch(() => {});
    return updated;
  }

  /** Prolongs the session, as a request does; resolves and rejects as {@link update}. */
  touch(): Promise<boolean> {
    return this.update((session) => {
      // Sessions of express-session and what follows it know when they end.
      if (typeof session['touch'] === 'function') (session as { touch(): unknown }).touch();
    });
  }

  /** Ends the session, and with it all its sockets. */
  destroy(): Promise<void> {
    return this.#watch.destroySession();
  }

  async #update(change: (data: LiveSessionData) => void): Promise<boolean> {
    const session = await this.#watch.load();
    if (!session || this.#watch.isEnded) return false;
    change(session as unknown as LiveSessionData);
    await saved(session);
    if (!this.#watch.isEnded) return true;
    // It has ended while it was being saved: the store may have got our write last.
    await this.#watch.destroySession();
    return false;
  }
}

function saved(session: StoredSession): Promise<void> {
  return new Promise((resolve, reject) => {
    session.save((error) => (error ? reject(error) : resolve()));
  });
}
