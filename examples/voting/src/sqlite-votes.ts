import { repeat, type WriteBatch } from '@turnout/example-host';
import type { Database, Statement } from 'libsql';
import { candidateNames, type Candidate, type Counted, type Vote, type VoteStore } from './candidates.ts';

const hour = 60 * 60 * 1000;

/** How long, in ms, the key of a vote is remembered. */
const keyTtl = 24 * hour;

/** The candidates and their counts in one SQLite file. The votes of one turn of the event loop are one transaction. */
export class SqliteVotes implements VoteStore {
  readonly #writes: WriteBatch;
  readonly #all: Statement;
  readonly #count: Statement;
  readonly #add: Statement;
  readonly #counted: Statement;
  readonly #remember: Statement;
  readonly #endForgetting: () => void;

  constructor(database: Database, writes: WriteBatch) {
    createTables(database);
    this.#writes = writes;
    this.#all = database.prepare('SELECT id, name, count FROM candidates ORDER BY id');
    this.#count = database.prepare('SELECT count FROM candidates WHERE id = ?');
    this.#add = database.prepare('UPDATE candidates SET count = count + 1 WHERE id = ? RETURNING count');
    this.#counted = database.prepare('SELECT candidate FROM counted_votes WHERE voter = ? AND key = ?');
    this.#remember = database.prepare('INSERT INTO counted_votes (voter, key, candidate, at) VALUES (?, ?, ?, ?)');
    const forget = database.prepare('DELETE FROM counted_votes WHERE at < ?');
    this.#endForgetting = repeat(() => forget.run(Date.now() - keyTtl), { every: hour, what: 'forget old votes' });
  }

  async all(): Promise<Candidate[]> {
    const rows = this.#all.all() as { id: number; name: string; count: number }[];
    return rows.map(({ id, name, count }) => ({ id: String(id), name, count }));
  }

  async add(vote: Vote): Promise<Counted | undefined> {
    // Ids are 1, 2, 3…: values that SQLite also reads as these, such as " 1" or "1.0", are not ids.
    return /^[1-9]\d{0,8}$/.test(vote.id) ? this.#writes.run(() => this.#write(vote)) : undefined;
  }

  /** Stops its periodic tasks. */
  dispose(): void {
    this.#endForgetting();
  }

  #write({ voter, id, key }: Vote): Counted | undefined {
    const candidate = Number(id);
    if (this.#countOf(candidate) === undefined) return undefined;
    if (key !== undefined) {
      const known = this.#counted.get(voter, key) as { candidate: number } | undefined;
      if (known !== undefined) {
        return { id: String(known.candidate), count: this.#countOf(known.candidate) ?? 0 };
      }
      this.#remember.run(voter, key, candidate, Date.now());
    }
    const { count } = this.#add.get(candidate) as { count: number };
    return { id, count };
  }

  #countOf(candidate: number): number | undefined {
    return (this.#count.get(candidate) as { count: number } | undefined)?.count;
  }
}

function createTables(database: Database): void {
  database.exec(`CREATE TABLE IF NOT EXISTS candidates (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    count INTEGER NOT NULL DEFAULT 0
  )`);
  database.exec(`CREATE TABLE IF NOT EXISTS counted_votes (
    voter TEXT NOT NULL,
    key TEXT NOT NULL,
    candidate INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (voter, key)
  ) WITHOUT ROWID`);
  database.exec('CREATE INDEX IF NOT EXISTS counted_votes_at ON counted_votes (at)');
  // A table of earlier versions, in which all voters shared their keys.
  database.exec('DROP TABLE IF EXISTS vote_keys');
  const insert = database.prepare('INSERT OR IGNORE INTO candidates (id, name) VALUES (?, ?)');
  candidateNames.forEach((name, index) => insert.run(index + 1, name));
}
