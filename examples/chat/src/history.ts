import type { WriteBatch } from '@turnout/example-host';
import type { Database, Statement } from 'libsql';
import type { Person } from './person.ts';

/** What somebody said, as it is kept and as pages get it. */
export interface Line {
  /** Counts up, over all rooms. */
  readonly id: number;
  readonly author: Person;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The sender's own name for it, so that a line that was sent twice is kept once. */
  readonly key: string;
}

/** Kept of each room: the newest lines, so many and so many bytes. */
const maxLines = 200;
const maxBytes = 2 * 1024 * 1024;

interface Row {
  readonly id: number;
  readonly author_id: string;
  readonly author: string;
  readonly text: string;
  readonly at: number;
  readonly key: string;
}

/** The newest lines of each room. The lines of one turn of the event loop are one transaction. */
export class History {
  readonly #writes: WriteBatch;
  readonly #insert: Statement;
  readonly #find: Statement;
  readonly #after: Statement;
  readonly #trim: Statement;
  readonly #rooms: Statement;

  constructor(database: Database, writes: WriteBatch) {
    this.#writes = writes;
    database.exec(`CREATE TABLE IF NOT EXISTS lines (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      room TEXT NOT NULL,
      author_id TEXT NOT NULL,
      author TEXT NOT NULL,
      key TEXT NOT NULL,
      text TEXT NOT NULL,
      at INTEGER NOT NULL,
      UNIQUE (room, author_id, key)
    )`);
    this.#insert = database.prepare(
      'INSERT OR IGNORE INTO lines (room, author_id, author, key, text, at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#find = database.prepare('SELECT * FROM lines WHERE room = ? AND author_id = ? AND key = ?');
    this.#after = database.prepare('SELECT * FROM lines WHERE room = ? AND id > ? ORDER BY id');
    this.#trim = database.prepare(`DELETE FROM lines WHERE room = ?1 AND id < (
      SELECT MIN(id) FROM (
        SELECT id, ROW_NUMBER() OVER newest AS place, SUM(LENGTH(CAST(text AS BLOB))) OVER newest AS bytes
        FROM lines WHERE room = ?1 WINDOW newest AS (ORDER BY id DESC)
      ) WHERE place = 1 OR (place <= ${maxLines} AND bytes <= ${maxBytes})
    )`);
    this.#rooms = database.prepare(
      'SELECT room AS name, COUNT(*) AS lines FROM lines GROUP BY room ORDER BY MAX(id) DESC LIMIT 20',
    );
  }

  /** Resolves once a line is on the disk; `isNew` is false where its author has sent it before. */
  add(
    room: string,
    { author, key, text }: Pick<Line, 'author' | 'key' | 'text'>,
  ): Promise<{ readonly line: Line; readonly isNew: boolean }> {
    return this.#writes.run(() => {
      const { changes } = this.#insert.run(room, author.id, author.name, key, text, Date.now());
      const line = lineOf(this.#find.get(room, author.id, key) as Row);
      if (changes > 0) this.#trim.run(room);
      return { line, isNew: changes > 0 };
    });
  }

  /** The lines of a room that came after the one with this id, the oldest first; all that are kept for 0. */
  after(room: string, id: number): Line[] {
    return (this.#after.all(room, id) as Row[]).map(lineOf);
  }

  /** Where something was said lately. */
  rooms(): { name: string; lines: number }[] {
    return this.#rooms.all() as { name: string; lines: number }[];
  }
}

function lineOf({ id, author_id, author, text, at, key }: Row): Line {
  return { id, author: { id: author_id, name: author }, text, at, key };
}
