import type { SessionRequest, StoredSession } from './session-request.ts';
import type { SessionWatch } from './session-watch.ts';

/** The top-level keys of a session with their values as JSON; all but the cookie, which the middleware keeps. */
type Snapshot = ReadonlyMap<string, string>;

/**
 * Saves what a handler changes in `request.session`: the response is out, so that the session's own middleware will
 * not do it any more.
 *
 * The socket may be much older than the stored session. So only the top-level keys that the handler has changed are
 * written, into the session as it is in the store at that moment, and a session that is no longer there stays away.
 */
export class SessionSaver {
  readonly #request: SessionRequest;
  readonly #watch: SessionWatch;
  #saved: Snapshot;
  #lastSave: Promise<void> = Promise.resolve();

  constructor(request: SessionRequest, watch: SessionWatch) {
    this.#request = request;
    this.#watch = watch;
    this.#saved = snapshotOf(request);
  }

  /** Stores what has changed since the last time. Rejects with what the store fails with. */
  save(): Promise<void> {
    // After regenerate() it is another session, which this socket was not opened under.
    if (this.#request.sessionID !== this.#watch.id) return this.#lastSave;
    const now = snapshotOf(this.#request);
    const changedKeys = [...new Set([...this.#saved.keys(), ...now.keys()])].filter(
      (key) => this.#saved.get(key) !== now.get(key),
    );
    this.#saved = now;
    if (changedKeys.length === 0) return this.#lastSave;
    const changes = new Map(changedKeys.map((key) => [key, now.get(key)]));
    this.#lastSave = this.#lastSave.then(async () => {
      await this.#watch.update((session) => {
        for (const [key, value] of changes) setOrDelete(session, key, value);
      });
    });
    return this.#lastSave;
  }
}

function snapshotOf({ session }: SessionRequest): Snapshot {
  const snapshot = new Map<string, string>();
  for (const [key, value] of Object.entries(session ?? {})) {
    const json = key === 'cookie' ? undefined : (JSON.stringify(value) as string | undefined);
    if (json !== undefined) snapshot.set(key, json);
  }
  return snapshot;
}

function setOrDelete(session: StoredSession, key: string, json: string | undefined): void {
  if (json === undefined) Reflect.deleteProperty(session, key);
  // Not by assignment, which for `__proto__` does something else.
  else
    Object.defineProperty(session, key, {
      value: JSON.parse(json),
      writable: true,
      enumerable: true,
      configurable: true,
    });
}
