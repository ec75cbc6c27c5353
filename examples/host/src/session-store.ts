import session from 'express-session';
import type { Database, Statement } from 'libsql';
import { repeat } from './repeat.ts';
import type { WriteBatch } from './write-batch.ts';

type Callback<Value = void> = (error?: unknown, value?: Value) => void;

const hour = 60 * 60 * 1000;
const day = 24 * hour;

export interface SessionStoreOptions {
  readonly database: Database;
  readonly writes: WriteBatch;
  /** Whether a session is still valid, checked at each read: an invalid session is destroyed. Default: always. */
  readonly isValid?: ((data: session.SessionData) => boolean) | undefined;
  /** How often, in ms, expired sessions are removed. Default 10 minutes. */
  readonly sweepInterval?: number | undefined;
  /** Called with errors that no caller awaits. Default: prints the error. */
  readonly report?: (problem: string, error: unknown) => void;
}

/** Sessions in the app's database, so that people stay signed in across a restart. */
export class SessionStore extends session.Store {
  readonly #writes: WriteBatch;
  readonly #isValid: (data: session.SessionData) => boolean;
  readonly #get: Statement;
  readonly #set: Statement;
  readonly #touch: Statement;
  readonly #destroy: Statement;
  readonly #report: (problem: string, error: unknown) => void;
  readonly #endSweeping: () => void;

  constructor({
    database,
    writes,
    isValid = () => true,
    sweepInterval = hour / 6,
    report = console.error,
  }: SessionStoreOptions) {
    super();
    database.exec(`CREATE TABLE IF NOT EXISTS sessions (
      id TEXT PRIMARY KEY,
      data TEXT NOT NULL,
      expires INTEGER NOT NULL
    )`);
    this.#writes = writes;
    this.#isValid = isValid;
    this.#report = report;
    this.#get = database.prepare('SELECT data, expires FROM sessions WHERE id = ? AND expires > ?');
    this.#set = database.prepare(
      'INSERT INTO sessions (id, data, expires) VALUES (?, ?, ?) ' +
        'ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires',
    );
    this.#touch = database.prepare('UPDATE sessions SET expires = ? WHERE id = ?');
    this.#destroy = database.prepare('DELETE FROM sessions WHERE id = ?');
    const sweep = database.prepare('DELETE FROM sessions WHERE expires <= ?');
    this.#endSweeping = repeat(() => sweep.run(Date.now()), {
      every: sweepInterval,
      what: 'remove expired sessions',
      report,
    });
  }

  override get(id: string, callback: (error: unknown, data?: session.SessionData | null) => void): void {
    try {
      setImmediate(callback, null, this.#read(id));
    } catch (error) {
      setImmediate(callback, error);
    }
  }

  override set(id: string, data: session.SessionData, callback?: Callback): void {
    void callBack(this.#save(id, data), callback);
  }

  /** Failing to prolong a session does not fail the request. */
  override touch(id: string, data: session.SessionData, callback?: () => void): void {
    const prolonged = this.#prolong(id, expiryOf(data)).catch((error: unknown) =>
      this.#report('Cannot prolong a session:', error),
    );
    void callBack(prolonged, callback);
  }

  override destroy(id: string, callback?: Callback): void {
    void callBack(
      this.#writes.run(() => this.#destroy.run(id)),
      callback,
    );
  }

  /** Stops the removal of expired sessions. */
  dispose(): void {
    this.#endSweeping();
  }

  #read(id: string): session.SessionData | null {
    const row = this.#get.get(id, Date.now()) as Row | undefined;
    if (row === undefined) return null;
    const data = JSON.parse(row.data) as session.SessionData;
    if (!this.#isValid(data)) {
      this.destroy(id);
      return null;
    }
    // With its expiry prolonged since it was written.
    if (data.cookie.expires) data.cookie.expires = new Date(row.expires);
    return data;
  }

  async #save(id: string, data: session.SessionData): Promise<void> {
    const json = JSON.stringify(data);
    await this.#writes.run(() => this.#set.run(id, json, expiryOf(data)));
  }

  /** Each request does so. It is written only once an hour, because a write waits for the disk. */
  async #prolong(id: string, expires: number): Promise<void> {
    const row = this.#get.get(id, Date.now()) as Row | undefined;
    if (row === undefined || row.expires > expires - hour) return;
    await this.#writes.run(() => this.#touch.run(expires, id));
  }
}

/** On a later tick, as express-session expects of a store. */
async function callBack(work: Promise<unknown>, callback: Callback = () => {}): Promise<void> {
  try {
    await work;
    setImmediate(callback, null);
  } catch (error) {
    setImmediate(callback, error);
  }
}

interface Row {
  readonly data: string;
  readonly expires: number;
}

function expiryOf(data: session.SessionData): number {
  const { expires } = data.cookie;
  return expires ? new Date(expires).getTime() : Date.now() + day;
}
