import { openDatabase, WriteBatch } from '@turnout/example-host';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { History } from '../src/history.ts';

const author = { id: 'a', name: 'Ann' };
let database: ReturnType<typeof openDatabase>;
let writes: WriteBatch;
let history: History;
beforeEach(() => {
  database = openDatabase(':memory:');
  writes = new WriteBatch(database);
  history = new History(database, writes);
});
afterEach(() => database.close());

const fill = (room: string, count: number, text = 'x'): void => {
  const before = history.after(room, 0).at(-1)?.id ?? 0;
  for (let index = 0; index < count; index++) void history.add(room, { author, key: `${before} ${index}`, text });
  writes.flush();
};

test('keeps the newest 200 lines of a room', () => {
  fill('a', 205);
  const kept = history.after('a', 0);
  expect([kept.length, kept[0]!.id, kept.at(-1)!.id]).toEqual([200, 6, 205]);
  expect(history.after('a', 203).map(({ id }) => id)).toEqual([204, 205]);
});

test('keeps no more than 2 MiB of a room, and one line at least', () => {
  fill('a', 25, 'é'.repeat(50_000));
  expect(history.after('a', 0)).toHaveLength(20);
  fill('a', 1, 'x'.repeat(3_000_000));
  expect(history.after('a', 0)).toHaveLength(1);
});

test('lists the rooms, the latest first', () => {
  fill('a', 2);
  fill('b', 1);
  expect(history.rooms()).toEqual([
    { name: 'b', lines: 1 },
    { name: 'a', lines: 2 },
  ]);
});
