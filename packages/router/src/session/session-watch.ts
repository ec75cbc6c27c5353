import type { SessionRequest, SessionStore, StoredSession } from './session-request.ts';
import { endSession, isMissing, observersIn } from './store-observers.ts';
import type { ObserversById, SessionObserver } from './store-observers.ts';

/**
 * `unsaved`: the store has not been seen to have the session, which may be new. `stored`: it has been seen, so that a
 * store that has it no more says that it has ended. `ended`: nothing is handled under it any more. `released`: nobody
 * watches.
 */
type WatchState = 'unsaved' | 'stored' | 'ended' | 'released';

/** What the session is watched for: an upgrade that is not answered yet, or its socket. */
type WatchPhase = 'handshake' | 'open';

/** The same for all: most sockets change nothing. */
const noUpdate = Promise.resolve();

/**
 * Waits for the end of one session: `destroy()` and `regenerate()` of a session, and `clear()` of its store, in this
 * process; and what the store says whenever it is asked for the session.
 */
export class SessionWatch implements SessionObserver {
  readonly id: string;
  readonly store: SessionStore;
  readonly #observers: ObserversById;
  #state: WatchState;
  #phase: WatchPhase = 'handshake';
  #lastUpdate: Promise<unknown> = noUpdate;
  #onEnd: (() => void) | undefined;
  #onOver: (() => void) | undefined;

  constructor({ sessionID, sessionStore, isStored = false }: SessionRequest) {
    this.id = sessionID;
    this.store = sessionStore;
    this.#state = isStored ? 'stored' : 'unsaved';
    this.#observers = observersIn(sessionStore);
    const others = this.#observers.get(sessionID);
    if (others === undefined) this.#observers.set(sessionID, new Set([this]));
    else others.add(this);
  }

  get knowledge(): Exclude<WatchState, 'released'> {
    return this.#state === 'released' ? 'unsaved' : this.#state;
  }

  get isInHandshake(): boolean {
    return this.#phase === 'handshake';
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Whether there is nothing to wait for any more. */
  get isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'released';
  }

  /** The store has, or takes, the session: once it has it no more, it has ended. */
  noteStored(): void {
    if (this.#state === 'unsaved') this.#state = 'stored';
  }

  /** The upgrade is answered: from here on it is watched for the socket. */
  leaveHandshake(): void {
    this.#phase = 'open';
  }

  /** Calls `onEnd` when the session ends, or now if it has ended. */
  whenEnded(onEnd: () => void): void {
    if (this.isEnded) onEnd();
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
      this.store.load(this.id, (error, session) => {
        if (error && !isMissing(error)) reject(error);
        else resolve(error ? null : session);
      });
    });
  }

  /**
   * Asks the store whether the session goes on, and ends the watches over it where the store has it no more. What the
   * store has never been seen to have is not saved yet. Rejects where the store cannot answer.
   */
  async verify(): Promise<boolean> {
    if (this.store.load === undefined) return !this.isEnded;
    // What is being saved for the first time while the store is asked has not ended.
    const wasStored = this.#state === 'stored';
    if (await this.load()) this.noteStored();
    else if (wasStored) endSession(this.#observers, this.id);
    return !this.isEnded;
  }

  /**
   * As {@link verify} for callers that do not wait: a store that cannot answer has not ended the session, and is asked
   * again.
   */
  async check(): Promise<void> {
    await this.verify().catch(() => {});
  }

  /**
   * Loads the session, has `change` change it, and saves it; one after the other, so that no change of this socket
   * undoes another.
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
    if (!session || this.isEnded) return false;
    change(session);
    await new Promise<void>((resolve, reject) => {
      session.save((error) => (error ? reject(error) : resolve()));
    });
    if (!this.isEnded) return true;
    // It has ended while it was being saved: the store may have got our write last.
    await this.destroySession();
    return false;
  }

  /** Calls `onOver` when the session has ended, or nobody waits for its end any more. */
  whenOver(onOver: () => void): void {
    this.#onOver = onOver;
  }

  /** The session has ended. */
  end(): void {
    if (this.isOver) return;
    this.#state = 'ended';
    this.#onEnd?.();
    this.#onOver?.();
  }

  /** Stops waiting. */
  release(): void {
    const all = this.#observers.get(this.id);
    all?.delete(this);
    if (all?.size === 0) this.#observers.delete(this.id);
    if (this.isOver) return;
    this.#state = 'released';
    this.#onOver?.();
  }
}
