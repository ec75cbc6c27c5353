import { setTimeout as delay } from 'node:timers/promises';
import type { RedisSettings } from '@turnout/example-host/redis';
import { startExample, type RunningExample } from '@turnout/example-host/testing';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { startRedis } from '@turnout/test-kit/daemon';
import { askRedis, SentinelSite } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { createChatApp } from '../src/chat-app.ts';
import { redisStorage } from '../src/storage.ts';
import { signIn } from './running-chat.ts';
import { Talker } from './talker.ts';

const isMissing = requireSystemPart('redis-server') === undefined;

describe.skipIf(isMissing)('every acknowledged line is stored once, and every page shows all of them,', () => {
  let nodes: RunningExample[] = [];
  let talkers: Talker[] = [];
  let isOver = false;
  let talking: Promise<unknown> | undefined;
  afterEach(async () => {
    isOver = true;
    for (const talker of talkers) talker.stop();
    for (const node of nodes) await node.stop();
    [nodes, talkers, isOver, talking] = [[], [], false, undefined];
  });

  async function start(settings: RedisSettings): Promise<void> {
    for (let node = 0; node < 2; node++) {
      const app = await startExample(async () =>
        createChatApp({
          storage: await redisStorage(settings),
          farewellDelay: 60_000,
          messageRate: { burst: 1_000, perSecond: 1_000 },
        }),
      );
      nodes.push(app);
    }
    const urls = nodes.map(({ url }) => url);
    for (let index = 0; index < 6; index++) {
      const order = index % 2 === 0 ? urls : urls.toReversed();
      talkers.push(new Talker(order, await signIn(order[0]!, `Talker ${index}`), 'lobby'));
    }
    talking = Promise.all(talkers.map((talker, index) => talkAll(talker, index)));
  }

  async function talkAll(talker: Talker, index: number): Promise<void> {
    // The last one only listens.
    for (let line = 0; !isOver && index < 5; line++) {
      if (talker.missing < 10) talker.say(`${index}-${line}`);
      await delay(150);
    }
  }

  const acknowledged = (): string[] => talkers.flatMap((talker) => [...talker.acknowledged]);

  async function more(count: number): Promise<void> {
    const before = acknowledged().length;
    await expect.poll(() => acknowledged().length).toBeGreaterThan(before + count);
  }

  async function expectAllRight(port: number): Promise<void> {
    isOver = true;
    await talking;
    await expect.poll(() => talkers.reduce((sum, { missing }) => sum + missing, 0)).toBe(0);
    const keys = (await askRedis(port, 'KEYS', 'chat:said:*')) as string[];
    const kept = new Map<number, string>();
    for (const key of keys) kept.set(Number(await askRedis(port, 'GET', key)), key.split(':').at(-1)!);
    expect(kept.size).toBe(keys.length);
    expect([...kept.values()].toSorted()).toEqual(acknowledged().toSorted());
    expect(Number(await askRedis(port, 'GET', 'chat:ids'))).toBe(kept.size);
    const sorted = (lines: Map<number, string>): unknown[] => [...lines].toSorted(([a], [b]) => a - b);
    for (const { shown, confused } of talkers) {
      await expect.poll(() => sorted(shown)).toEqual(sorted(kept));
      expect(confused).toEqual([]);
    }
  }

  test('even if Sentinel twice promotes replicas that lack the newest lines', { timeout: 120_000 }, async () => {
    const site = await SentinelSite.start({ replicas: 2, sentinels: 3 });
    onTestFinished(() => site.stop());
    const sentinels = site.sentinelPorts.map((port) => ({ host: '127.0.0.1', port }));
    // Both replicas: Sentinel may promote either, and on a slow machine promote again.
    await start({ master: SentinelSite.masterName, sentinels, replicas: 2 });
    for (let round = 0; round < 2; round++) {
      await more(40);
      await site.cutOffReplicas();
      await delay(300);
      const old = await site.failOver();
      await site.joinReplicas();
      await site.bringBack(old);
      await more(40);
    }
    await expectAllRight(await site.masterPort());
  });

  test('even if Redis is killed and restarted three times', { timeout: 120_000 }, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    await start({ url: `redis://127.0.0.1:${redis.port}`, replicas: 0 });
    for (let round = 0; round < 3; round++) {
      await more(40);
      await redis.kill();
      await delay(300);
      await redis.resume();
    }
    await more(40);
    await expectAllRight(redis.port);
  });
});
