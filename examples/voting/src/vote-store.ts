import type { Database, Statement } from 'libsql';

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly count: number;
}

const firstCandidates = ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Edsger Dijkstra'];

/** The candidates and their counts. What a method returns is on the disk. */
export class VoteStore {
  readonly #all: Statement;
  readonly #add: Statement;

  constructor(database: Database) {
    database.exec(`CREATE TABLE IF NOT EXISTS candidates (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      count INTEGER NOT NULL DEFAULT 0
    )`);
    const insert = database.prepare('INSERT OR IGNORE INTO candidates (id, name) VALUES (?, ?)');
    firstCandidates.forEach((name, index) => insert.run(index + 1, name));
    this.#all = database.prepare('SELECT id, name, count FROM candidates ORDER BY id');
    this.#add = database.prepare('UPDATE candidates SET count = count + 1 WHERE id = ? RETURNING count');
  }

  all(): Candidate[] {
    const rows = this.#all.all() as { id: number; name: string; count: number }[];
    return rows.map(({ id, name, count }) => ({ id: String(id), name, count }));
  }

  /** Adds a vote and returns the new count; `undefined` where there is no such candidate. */
  add(id: string): number | undefined {
    // Ids are 1, 2, 3…: what SQLite would also read as one of these, such as " 1" or "1.0", is not one.
    if (!/^[1-9]\d{0,8}$/.test(id)) return undefined;
    const row = this.#add.get(Number(id)) as { count: number } | undefined;
    return row?.count;
  }
}
