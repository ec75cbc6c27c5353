import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase, WriteBatch } from '../src/index.ts';

let folder: string;
let path: string;
let database: ReturnType<typeof openDatabase>;
let writes: WriteBatch;
let commits: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-batch-'));
  path = join(folder, 'test.db');
  database = openDatabase(path);
  database.exec('PRAGMA busy_timeout = 0');
  database.exec('CREATE TABLE lines (text TEXT)');
  commits = 0;
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql === 'COMMIT') commits++;
    return exec(sql);
  };
  writes = new WriteBatch(database);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const insert = (text: string): Promise<unknown> =>
  writes.run(() => database.prepare('INSERT INTO lines VALUES (?)').run(text).changes);
const count = (): number => (database.prepare('SELECT COUNT(*) AS count FROM lines').get() as { count: number }).count;

describe('writes', () => {
  test('of one turn are one transaction, and each caller gets its own result', async () => {
    const told = await Promise.all(Array.from({ length: 300 }, (_, index) => writes.run(() => index)));
    expect([told.length, told[299], commits]).toEqual([300, 299, 1]);
  });

  test('resolve only once another process can read them', async () => {
    const other = openDatabase(path);
    const kept = insert('a');
    expect(other.prepare('SELECT * FROM lines').all()).toHaveLength(0);
    await kept;
    expect(other.prepare('SELECT * FROM lines').all()).toHaveLength(1);
    other.close();
  });

  test('of a very busy turn are several transactions, with other work in between', async () => {
    const order: string[] = [];
    const first = insert('first').then(() => order.push('first'));
    const others = Array.from({ length: 600 }, (_, index) => insert(String(index)));
    const last = others.at(-1)!.then(() => order.push('last'));
    setImmediate(() => order.push('somebody else'));
    await Promise.all([first, last]);
    expect([commits, count()]).toEqual([2, 601]);
    expect(order).toEqual(['first', 'somebody else', 'last']);
  });

  test('that are pending are stored by a flush, before the database is closed', async () => {
    const kept = insert('a');
    writes.flush();
    expect(count()).toBe(1);
    await kept;
  });

  test('reject, and none of them is stored, if one of them fails; later ones are stored', async () => {
    const failing = writes.run(() => {
      throw new Error('Not this one');
    });
    const results = await Promise.allSettled([insert('a'), failing, insert('b')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(count()).toBe(0);
    await insert('c');
    expect(count()).toBe(1);
  });

  test('reject while the disk is full, and are stored when it is not', async () => {
    const pages = (database.prepare('PRAGMA page_count').get() as { page_count: number }).page_count;
    database.exec(`PRAGMA max_page_count = ${pages}`);
    await expect(insert('x'.repeat(100_000))).rejects.toThrow('full');
    database.exec('PRAGMA max_page_count = 1000000');
    await insert('x'.repeat(100_000));
    expect(count()).toBe(1);
  });

  test('reject while another process locks the database, and are stored once it is unlocked', async () => {
    const other = openDatabase(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(insert('a')).rejects.toThrow('locked');
    other.exec('COMMIT');
    other.close();
    await insert('a');
    expect(count()).toBe(1);
  });

  test('reject once the database is closed, and do not end the process', async () => {
    const other = openDatabase(':memory:');
    const late = new WriteBatch(other);
    other.close();
    await expect(late.run(() => 1)).rejects.toThrow('not open');
  });
});
