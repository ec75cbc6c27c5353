import type { SessionRequest, StoredSession } from './session-request.ts';
import type { SessionWatch } from './session-watch.ts';

/** The top-level keys of a session with their values as JSON, except the cookie, which the middleware manages. */
type Snapshot = ReadonlyMap<string, string>;

/**
 * Saves what a handler changes in `request.session`: the response has been sent, so the session middleware no longer
 * does.
 *
 * The socket may be much older than the stored session. So only the top-level keys that the handler has changed are
 * merged into the session as it is in the store at that moment, and a session that no longer exists is not restored.
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

  /** Stores what has changed since the last save. Rejects with the store's error. */
  save(): Promise<void> {
    // After regenerate() the request has another session, which this socket was not opened under.
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
  // Not by assignment, which would set the prototype for the key `__proto__`.
  else
    Object.defineProperty(session, key, {
      value: JSON.parse(json),
      writable: true,
      enumerable: true,
      configurable: true,
    });
}
