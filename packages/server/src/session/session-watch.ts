import type { SessionRequest, SessionStore, StoredSession } from './session-request.ts';
import { endSession, isMissing, observersIn } from './store-observers.ts';
import type { ObserversById, SessionObserver } from './store-observers.ts';

/**
 * `unsaved`: the session has not been seen in the store; it may be new. `stored`: it has been seen there, so if it is
 * missing later, it has ended. `ended`: no message is handled any more. `released`: no longer watched.
 */
type WatchState = 'unsaved' | 'stored' | 'ended' | 'released';

/** What the session is watched for: a pending upgrade, or its socket. */
type WatchPhase = 'handshake' | 'open';

/** Shared by all: most sockets never update their session. */
const noUpdate = Promise.resolve();

/**
 * Watches for the end of one session: `destroy()` and `regenerate()` of the session and `clear()` of its store in this
 * process, and every answer of the store about the session.
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

  /** Whether the watch has nothing more to wait for. */
  get isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'released';
  }

  /** The session is in the store: if it is missing there later, it has ended. */
  noteStored(): void {
    if (this.#state === 'unsaved') this.#state = 'stored';
  }

  /** The upgrade was accepted: from now on the session is watched for the socket. */
  leaveHandshake(): void {
    this.#phase = 'open';
  }

  /** Calls `onEnd` when the session ends, or now if it has ended. */
  whenEnded(onEnd: () => void): void {
    if (this.isEnded) onEnd();
    else this.#onEnd = onEnd;
  }

  /** Removes the session from the store, where a save may have restored it after its end. */
  destroySession(): Promise<void> {
    return new Promise((resolve, reject) => {
      // With a callback: without one, a store may return a promise whose rejection would be unhandled.
      this.store.destroy(this.id, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The session as it is stored now; nothing if it has ended, or if its store has no `load()`. */
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
   * Asks the store whether the session still exists, and ends all its watches if it does not. A session that has never
   * been seen in the store is taken for not saved yet. Rejects if the store cannot answer.
   */
  async verify(): Promise<boolean> {
    if (this.store.load === undefined) return !this.isEnded;
    // Read before asking: a session that is first saved meanwhile has not ended.
    const wasStored = this.#state === 'stored';
    if (await this.load()) this.noteStored();
    else if (wasStored) endSession(this.#observers, this.id);
    return !this.isEnded;
  }

  /** Like {@link verify}, ignoring errors of the store: the next check asks again. */
  async check(): Promise<void> {
    await this.verify().catch(() => {});
  }

  /**
   * Loads the session, applies `change`, and saves it. Updates run one after another, so that none overwrites another
   * of the same socket.
   *
   * @returns a promise of `false`, with nothing saved, if the session has ended; it rejects with the error of `change`
   *   or of the store
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
    // It ended while it was being saved: our write may have restored it.
    await this.destroySession();
    return false;
  }

  /** Calls `onOver` when the session has ended, or the watch is released. */
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

  /** Stops watching. */
  release(): void {
    const all = this.#observers.get(this.id);
    all?.delete(this);
    if (all?.size === 0) this.#observers.delete(this.id);
    if (this.isOver) return;
    this.#state = 'released';
    this.#onOver?.();
  }
}
