import { openDatabase, WriteBatch } from '@turnout/example-host';
import { SharedRedis } from '@turnout/example-host/redis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { redisArrivals } from '../src/arrivals.ts';
import type { History } from '../src/history.ts';
import { RedisHistory } from '../src/redis-history.ts';
import { SqliteHistory } from '../src/sqlite-history.ts';

const author = { id: 'a', name: 'Ann' };
const hasRedis = requireSystemPart('redis-server') !== undefined;

async function inSqlite(): Promise<History> {
  const database = openDatabase(':memory:');
  onTestFinished(() => void database.close());
  return new SqliteHistory(database, new WriteBatch(database));
}

async function connectRedis(): Promise<SharedRedis> {
  const redis = await startRedis();
  const shared = await SharedRedis.connect({ url: `redis://127.0.0.1:${redis.port}`, replicas: 0 });
  onTestFinished(async () => {
    await shared.close();
    await redis.stop();
  });
  return shared;
}

async function fill(history: History, room: string, count: number, text = 'x'): Promise<void> {
  const before = (await history.after(room, 0)).at(-1)?.id ?? 0;
  const keys = Array.from({ length: count }, (_, index) => `${before} ${index}`);
  await Promise.all(keys.map((key) => history.add(room, { author, key, text })));
}

const stores: [string, boolean, () => Promise<History>][] = [
  ['SQLite', true, inSqlite],
  ['Redis', hasRedis, async () => new RedisHistory(await connectRedis())],
];

describe.each(stores)('the history in %s', (_name, isThere, create) => {
  test.skipIf(!isThere)('keeps the newest 200 lines of a room', async () => {
    const history = await create();
    await fill(history, 'a', 205);
    const kept = await history.after('a', 0);
    expect([kept.length, kept[0]!.id, kept.at(-1)!.id]).toEqual([200, 6, 205]);
    expect((await history.after('a', 203)).map(({ id }) => id)).toEqual([204, 205]);
  });

  test.skipIf(!isThere)('keeps at most 2 MiB of a room, but at least one line', async () => {
    const history = await create();
    await fill(history, 'a', 25, 'é'.repeat(50_000));
    expect(await history.after('a', 0)).toHaveLength(20);
    await fill(history, 'a', 1, 'x'.repeat(3_000_000));
    expect(await history.after('a', 0)).toHaveLength(1);
  });

  test.skipIf(!isThere)('lists the rooms, most recent first', async () => {
    const history = await create();
    await fill(history, 'a', 2);
    await fill(history, 'b', 1);
    expect(await history.rooms()).toEqual([
      { name: 'b', lines: 1 },
      { name: 'a', lines: 2 },
    ]);
  });

  test.skipIf(!isThere)('stores a line once, whatever it contains, and returns the stored line', async () => {
    const history = await create();
    const text = 'a "b" \\ \n \t {"id":7} 你 👋🏽';
    const line = await history.add('a', { author, key: 'k', text });
    expect(line).toEqual({ id: 1, author, key: 'k', text, at: expect.any(Number) as number });
    expect(await history.add('a', { author, key: 'k', text })).toEqual(line);
    const other = await history.add('a', { author: { id: 'b', name: 'Bob' }, key: 'k', text });
    expect(other.id).toBeGreaterThan(line.id);
    expect(await history.after('a', 0)).toEqual([line, other]);
  });
});

test.skipIf(!hasRedis)('an arrival or departure is news only to the first process that notes it', async () => {
  const redis = await connectRedis();
  const [here, there] = [redisArrivals(redis), redisArrivals(redis)];
  for (let times = 0; times < 2; times++) {
    for (const state of ['here', 'gone'] as const) {
      expect(await here.note('a', 'ann', state)).toBe(true);
      expect(await there.note('a', 'ann', state)).toBe(false);
      expect(await there.note('b', 'ann', state)).toBe(true);
    }
  }
});
