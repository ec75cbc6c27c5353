import session from 'express-session';
import type { Database, Statement } from 'libsql';

type Callback<Value = void> = (error?: unknown, value?: Value) => void;

const day = 24 * 60 * 60 * 1000;
const sweepInterval = 10 * 60 * 1000;

/** Sessions in the app's database, so that people stay signed in over a restart. */
export class SessionStore extends session.Store {
  readonly #get: Statement;
  readonly #set: Statement;
  readonly #touch: Statement;
  readonly #destroy: Statement;
  readonly #sweep: Statement;
  readonly #sweeper: NodeJS.Timeout;

  constructor(database: Database) {
    super();
    database.exec(`CREATE TABLE IF NOT EXISTS sessions (
      id TEXT PRIMARY KEY,
      data TEXT NOT NULL,
      expires INTEGER NOT NULL
    )`);
    this.#get = database.prepare('SELECT data FROM sessions WHERE id = ? AND expires > ?');
    this.#set = database.prepare(
      'INSERT INTO sessions (id, data, expires) VALUES (?, ?, ?) ' +
        'ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires',
    );
    this.#touch = database.prepare('UPDATE sessions SET expires = ? WHERE id = ?');
    this.#destroy = database.prepare('DELETE FROM sessions WHERE id = ?');
    this.#sweep = database.prepare('DELETE FROM sessions WHERE expires <= ?');
    this.#sweep.run(Date.now());
    this.#sweeper = setInterval(() => this.#sweep.run(Date.now()), sweepInterval).unref();
  }

  override get(id: string, callback: (error: unknown, data?: session.SessionData | null) => void): void {
    answer(callback as Callback<session.SessionData | null>, () => {
      const row = this.#get.get(id, Date.now()) as { data: string } | undefined;
      return row ? (JSON.parse(row.data) as session.SessionData) : null;
    });
  }

  override set(id: string, data: session.SessionData, callback?: Callback): void {
    answer(callback, () => void this.#set.run(id, JSON.stringify(data), expiryOf(data)));
  }

  override touch(id: string, data: session.SessionData, callback?: () => void): void {
    answer(callback, () => void this.#touch.run(expiryOf(data), id));
  }

  override destroy(id: string, callback?: Callback): void {
    answer(callback, () => void this.#destroy.run(id));
  }

  /** Ends the sweeping of expired sessions. */
  dispose(): void {
    clearInterval(this.#sweeper);
  }
}

function expiryOf(data: session.SessionData): number {
  const { expires } = data.cookie;
  return expires ? new Date(expires).getTime() : Date.now() + day;
}

/** Calls back on a later tick, as express-session expects of a store. */
function answer<Value>(callback: Callback<Value> | undefined, query: () => Value): void {
  let result: [unknown?, Value?];
  try {
    result = [null, query()];
  } catch (error) {
    result = [error];
  }
  if (callback) setImmediate(callback, ...result);
}
