import { openDatabase, WriteBatch } from '@turnout/example-host';
import { SharedRedis } from '@turnout/example-host/redis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '@turnout/test-kit/daemon';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import type { VoteStore } from '../src/candidates.ts';
import { LivePoll } from '../src/live-poll.ts';
import { RedisVotes } from '../src/redis-votes.ts';
import { SqliteVotes } from '../src/sqlite-votes.ts';
import { createHub } from '@turnout/topics';

interface Counting {
  readonly votes: SqliteVotes;
  /** Committed transactions. */
  readonly commits: () => number;
}

function countInSqlite(): Counting {
  const database = openDatabase(':memory:');
  const votes = new SqliteVotes(database, new WriteBatch(database));
  onTestFinished(() => {
    votes.dispose();
    database.close();
  });
  let commits = 0;
  const exec = database.exec.bind(database);
  database.exec = (sql) => {
    if (sql === 'COMMIT') commits++;
    return exec(sql);
  };
  return { votes, commits: () => commits };
}

async function countInRedis(): Promise<VoteStore> {
  const redis = await startRedis();
  const shared = await SharedRedis.connect({ url: `redis://127.0.0.1:${redis.port}`, replicas: 0 });
  onTestFinished(async () => {
    await shared.close();
    await redis.stop();
  });
  return new RedisVotes(shared);
}

const stores: [string, boolean, () => Promise<VoteStore>][] = [
  ['SQLite', true, async () => countInSqlite().votes],
  ['Redis', requireSystemPart('redis-server') !== undefined, countInRedis],
];

describe.each(stores)('votes in %s', (_name, isThere, create) => {
  const keyed = (voter: string, id: string): { voter: string; id: string; key: string } => ({ voter, id, key: 'key' });

  test.skipIf(!isThere)(
    'are counted once for each voter and key, and return the candidate that they were counted for',
    async () => {
      const votes = await create();
      expect(await votes.add(keyed('ann', '1'))).toEqual({ id: '1', count: 1 });
      expect(await votes.add(keyed('ann', '1'))).toEqual({ id: '1', count: 1 });
      expect(await votes.add(keyed('ann', '2'))).toEqual({ id: '1', count: 1 });
      expect(await votes.add(keyed('bob', '2'))).toEqual({ id: '2', count: 1 });
      expect(await votes.add({ voter: 'ann', id: '1', key: undefined })).toEqual({ id: '1', count: 2 });
      expect(await votes.add({ voter: 'ann', id: '1', key: undefined })).toEqual({ id: '1', count: 3 });
      expect(await votes.add(keyed('cid', '9'))).toBeUndefined();
      expect((await votes.all()).map(({ count }) => count)).toEqual([3, 1, 0, 0]);
    },
  );

  test.skipIf(!isThere)('with the same key that arrive at the same time are counted once', async () => {
    const votes = await create();
    const counted = await Promise.all(['1', '2', '1', '3'].map((id) => votes.add(keyed('ann', id))));
    expect(counted.map((vote) => vote!.id)).toEqual(['1', '1', '1', '1']);
    expect((await votes.all()).map(({ count }) => count)).toEqual([1, 0, 0, 0]);
  });
});

test('the votes of one turn are one transaction', async () => {
  const { votes, commits } = countInSqlite();
  const counted = await Promise.all(
    Array.from({ length: 300 }, (_, index) => votes.add({ voter: `voter ${index}`, id: '2', key: 'a' })),
  );
  expect(counted.map((vote) => vote!.count)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
  expect(commits()).toBe(1);
});

test('votes for a candidate that are counted in one turn are published once to the processes', async () => {
  const hub = createHub();
  const told: string[] = [];
  hub.link('counts', (text) => told.push(text));
  const poll = new LivePoll(countInSqlite().votes, hub);
  const ids = Array.from({ length: 100 }, (_, index) => String((index % 2) + 1));
  await Promise.all(ids.map((id) => poll.vote({ voter: 'ann', id, key: undefined })));
  await expect.poll(() => told).toEqual(['{"id":"1","count":50}', '{"id":"2","count":50}']);
  await poll.close();
  await hub.close();
});

test('counts are read when the processes are connected again, and published until that succeeds', async () => {
  const hub = createHub();
  const told: string[] = [];
  const link = hub.link.bind(hub);
  let failures = 1;
  hub.link = (name, listener) => {
    const tell = link(name, listener);
    return async (text) => (failures-- > 0 ? false : tell(text));
  };
  hub.link('counts', (text) => told.push(text));
  let problems = 1;
  const votes: VoteStore = {
    all: async () => {
      if (problems-- > 0) throw new Error('away');
      return [{ id: '1', name: 'Ada', count: 3 }];
    },
    add: async () => undefined,
  };
  const poll = new LivePoll(votes, hub);
  hub.emit('restored');
  await expect.poll(() => told).toEqual(['{"id":"1","count":3}']);
  expect([failures, problems]).toEqual([-1, -1]);
  await poll.close();
  await hub.close();
});

test('a vote that was counted before is published again: the process that counted it may have ended before it did', async () => {
  const hub = createHub();
  const told: string[] = [];
  hub.link('counts', (text) => told.push(text));
  const { votes } = countInSqlite();
  const vote = { voter: 'ann', id: '2', key: 'a' };
  await votes.add(vote);
  const poll = new LivePoll(votes, hub);
  await poll.vote(vote);
  await expect.poll(() => told).toEqual(['{"id":"2","count":1}']);
  await poll.close();
  await hub.close();
});
