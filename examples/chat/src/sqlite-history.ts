import type { WriteBatch } from '@turnout/example-host';
import type { Database, Statement } from 'libsql';
import { maxBytes, maxLines, maxRooms, type History, type Line, type Saying } from './history.ts';

interface Row {
  readonly id: number;
  readonly author_id: string;
  readonly author: string;
  readonly text: string;
  readonly at: number;
  readonly key: string;
}

/** The newest lines of each room, in one SQLite file. The lines of one turn of the event loop are one transaction. */
export class SqliteHistory implements History {
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
      `SELECT room AS name, COUNT(*) AS lines FROM lines GROUP BY room ORDER BY MAX(id) DESC LIMIT ${maxRooms}`,
    );
  }

  add(room: string, { author, key, text }: Saying): Promise<Line> {
    return this.#writes.run(() => {
      const { changes } = this.#insert.run(room, author.id, author.name, key, text, Date.now());
      const line = lineOf(this.#find.get(room, author.id, key) as Row);
      if (changes > 0) this.#trim.run(room);
      return line;
    });
  }

  async after(room: string, id: number): Promise<Line[]> {
    return (this.#after.all(room, id) as Row[]).map(lineOf);
  }

  async rooms(): Promise<{ name: string; lines: number }[]> {
    return this.#rooms.all() as { name: string; lines: number }[];
  }
}

function lineOf({ id, author_id, author, text, at, key }: Row): Line {
  return { id, author: { id: author_id, name: author }, text, at, key };
}
