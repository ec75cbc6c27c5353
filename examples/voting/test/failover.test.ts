import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '@turnout/test-kit/daemon';
import { askRedis, SentinelSite } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { Election, ids } from './election.ts';

const isMissing = requireSystemPart('redis-server') === undefined;
/** The counts in Redis, and the number of votes by their keys, each of which exists once. */
async function countsIn(port: number): Promise<{ counts: Record<string, number>; keys: Record<string, number> }> {
  const counts: Record<string, number> = {};
  const keys = Object.fromEntries(ids.map((id) => [id, 0]));
  const values = (await askRedis(port, 'HMGET', 'voting:counts', ...ids)) as string[];
  ids.forEach((id, index) => (counts[id] = Number(values[index])));
  const names = (await askRedis(port, 'KEYS', 'voting:counted:*')) as string[];
  for (const id of (await askRedis(port, 'MGET', ...names)) as string[]) keys[id] = (keys[id] ?? 0) + 1;
  return { counts, keys };
}

describe.skipIf(isMissing)('every acknowledged vote is counted once, and every page shows all of them,', () => {
  let election: Election | undefined;
  afterEach(async () => {
    await election?.stop();
    election = undefined;
  });

  /** Waits until this many more votes are acknowledged. */
  async function more(votes: Election, count: number): Promise<void> {
    const before = votes.acknowledged;
    await expect.poll(() => votes.acknowledged).toBeGreaterThan(before + count);
  }

  async function expectAllRight(votes: Election, masterPort: () => Promise<number>): Promise<void> {
    await votes.end();
    await expect.poll(() => votes.missing).toBe(0);
    const acknowledged = votes.result;
    expect(await countsIn(await masterPort())).toEqual({ counts: acknowledged, keys: acknowledged });
    for (const { shown } of [...votes.watchers, ...votes.voters]) {
      await expect.poll(() => Object.fromEntries(shown)).toEqual(acknowledged);
    }
  }

  test('even if Sentinel twice promotes replicas that lack the newest votes', { timeout: 120_000 }, async () => {
    const site = await SentinelSite.start({ replicas: 2, sentinels: 3 });
    onTestFinished(() => site.stop());
    const sentinels = site.sentinelPorts.map((port) => ({ host: '127.0.0.1', port }));
    // Both replicas: Sentinel may promote either, and on a slow machine promote again.
    election = await Election.start({ master: SentinelSite.masterName, sentinels, replicas: 2 });
    for (let round = 0; round < 2; round++) {
      await more(election, 500);
      await site.cutOffReplicas();
      await delay(300);
      const old = await site.failOver();
      await site.joinReplicas();
      await site.bringBack(old);
      await more(election, 500);
    }
    await expectAllRight(election, () => site.masterPort());
  });

  test('even if Redis is killed and restarted three times', { timeout: 120_000 }, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    election = await Election.start({ url: `redis://127.0.0.1:${redis.port}`, replicas: 0 });
    for (let round = 0; round < 3; round++) {
      await more(election, 500);
      await redis.kill();
      await delay(300);
      await redis.resume();
    }
    await more(election, 500);
    await expectAllRight(election, async () => redis.port);
  });
});
