import type { Database, Statement } from 'libsql';
import { candidateNames, type Candidate, type Counted, type VoteStore } from './candidates.ts';

/** How long, in ms, the key of a vote is remembered. */
const keyTtl = 24 * 60 * 60 * 1000;

/** The candidates and their counts in one SQLite file. */
export class SqliteVotes implements VoteStore {
  readonly #all: Statement;
  readonly #add: (id: number, key: string | undefined) => Counted | undefined;

  constructor(database: Database) {
    database.exec(`CREATE TABLE IF NOT EXISTS candidates (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      count INTEGER NOT NULL DEFAULT 0
    )`);
    database.exec('CREATE TABLE IF NOT EXISTS vote_keys (key TEXT PRIMARY KEY, at INTEGER NOT NULL)');
    database.prepare('DELETE FROM vote_keys WHERE at < ?').run(Date.now() - keyTtl);
    const insert = database.prepare('INSERT OR IGNORE INTO candidates (id, name) VALUES (?, ?)');
    candidateNames.forEach((name, index) => insert.run(index + 1, name));
    this.#all = database.prepare('SELECT id, name, count FROM candidates ORDER BY id');
    const count = database.prepare('SELECT count FROM candidates WHERE id = ?');
    const add = database.prepare('UPDATE candidates SET count = count + 1 WHERE id = ? RETURNING count');
    const addKey = database.prepare('INSERT OR IGNORE INTO vote_keys (key, at) VALUES (?, ?)');
    this.#add = database.transaction((id: number, key: string | undefined): Counted | undefined => {
      const known = count.get(id) as { count: number } | undefined;
      if (known === undefined) return undefined;
      if (key !== undefined && addKey.run(key, Date.now()).changes === 0) return { ...known, isNew: false };
      return { ...(add.get(id) as { count: number }), isNew: true };
    }) as (id: number, key: string | undefined) => Counted | undefined;
  }

  async all(): Promise<Candidate[]> {
    const rows = this.#all.all() as { id: number; name: string; count: number }[];
    return rows.map(({ id, name, count }) => ({ id: String(id), name, count }));
  }

  async add(id: string, key: string | undefined): Promise<Counted | undefined> {
    // Ids are 1, 2, 3…: what SQLite would also read as one of these, such as " 1" or "1.0", is not one.
    return /^[1-9]\d{0,8}$/.test(id) ? this.#add(Number(id), key) : undefined;
  }
}
