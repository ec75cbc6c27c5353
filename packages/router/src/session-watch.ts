import type { SessionRequest, SessionStore, StoredSession } from './session-convention.ts';

type WatchesById = Map<string, Set<SessionWatch>>;

/** The stores whose sessions are watched. An entry of the map inside is there only while somebody watches. */
const watchesOf = new WeakMap<SessionStore, WatchesById>();

/** The same for all: most sockets change nothing. */
const noUpdate = Promise.resolve();

/**
 * Waits for the end of one session: `destroy()` and `regenerate()` of a session, and `clear()` of its store, in this
 * process. Each of them asks the store to destroy, which is where it is noticed.
 */
export class SessionWatch {
  readonly id: string;
  readonly store: SessionStore;
  readonly #watches: WatchesById;
  #isEnded = false;
  #isReleased = false;
  /** Whether the store has ever known it. */
  #isStored = false;
  #lastUpdate: Promise<unknown> = noUpdate;
  #onEnd: (() => void) | undefined;
  #onReleased: (() => void) | undefined;

  constructor({ sessionID, sessionStore }: SessionRequest) {
    this.id = sessionID;
    this.store = sessionStore;
    this.#watches = watchesOf.get(sessionStore) ?? watchStore(sessionStore);
    const others = this.#watches.get(sessionID);
    if (others === undefined) this.#watches.set(sessionID, new Set([this]));
    else others.add(this);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Calls `onEnd` when the session ends, or now if it has ended. */
  whenEnded(onEnd: () => void): void {
    if (this.#isEnded) onEnd();
    else this.#onEnd = onEnd;
  }

  /** Ends the session in the store, where it may stand once more after it has ended. */
  destroySession(): Promise<void> {
    return new Promise((resolve, reject) => {
      // With a callback, as a store that is given none may reject a promise that nobody holds.
      this.store.destroy(this.id, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The session as it is stored now; nothing where it has ended, or where its store cannot say. */
  load(): Promise<StoredSession | null | undefined> {
    return new Promise((resolve, reject) => {
      if (this.store.load === undefined) return resolve(undefined);
      this.store.load(this.id, (error, session) => (error ? reject(error) : resolve(session)));
    });
  }

  /**
   * Asks the store whether the session goes on, and ends the watches over it where the store knows it no more: what it has
   * never known has not been stored yet. Rejects where the store cannot answer.
   */
  async verify(): Promise<boolean> {
    const isThere = Boolean(await this.load());
    if (!isThere && this.#isStored) endSession(this.store, this.id);
    this.#isStored ||= isThere;
    return !this.#isEnded;
  }

  /** The same for nobody who waits: a store that cannot answer has not ended the session, and is asked again. */
  async check(): Promise<void> {
    await this.verify().catch(() => {});
  }

  /**
   * Loads the session, has `change` change it, and saves it; one after the other, so that no change of this socket undoes
   * another.
   *
   * @returns a promise of `false`, with nothing saved, where it has ended; it rejects with what `change` throws or the
   *   store fails with
   */
  update(change: (session: StoredSession) => void): Promise<boolean> {
    const updated = this.#lastUpdate.then(() => this.#update(change));
    this.#lastUpdate = updated.catch(() => {});
    return updated;
  }

  async #update(change: (session: StoredSession) => void): Promise<boolean> {
    const session = await this.load();
    if (!session || this.#isEnded) return false;
    change(session);
    await new Promise<void>((resolve, reject) => {
      session.save((error) => (error ? reject(error) : resolve()));
    });
    if (!this.#isEnded) return true;
    // It has ended while it was being saved: the store may have got our write last.
    await this.destroySession();
    return false;
  }

  get isReleased(): boolean {
    return this.#isReleased;
  }

  /** Calls `onReleased` when nobody waits for the end of the session any more. */
  whenReleased(onReleased: () => void): void {
    this.#onReleased = onReleased;
  }

  /** The session has ended. */
  end(): void {
    this.#isEnded = true;
    this.#onEnd?.();
    this.release();
  }

  /** Stops waiting. */
  release(): void {
    this.#isReleased = true;
    this.#onReleased?.();
    const all = this.#watches.get(this.id);
    all?.delete(this);
    if (all?.size === 0) this.#watches.delete(this.id);
  }
}

/** Ends the watches over a session of a store. */
export function endSession(store: SessionStore, id: string): void {
  for (const watch of watchesOf.get(store)?.get(id) ?? []) watch.end();
}

/** Replaces `destroy` and `clear` of this one store by functions that tell the watches first. */
function watchStore(store: SessionStore): WatchesById {
  const watches: WatchesById = new Map();
  watchesOf.set(store, watches);
  const destroy = store.destroy.bind(store);
  const clear = store.clear?.bind(store);
  store.destroy = (id, ...rest) => {
    endSession(store, id);
    return destroy(id, ...rest);
  };
  if (clear !== undefined) {
    store.clear = (...rest) => {
      for (const id of watches.keys()) endSession(store, id);
      return clear(...rest);
    };
  }
  return watches;
}
