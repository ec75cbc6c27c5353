import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis } from '@turnout/redis';
import type { TopicOptions } from '@turnout/topics';
import { createClient, createSentinel } from 'redis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CutProxy } from '@turnout/test-kit/cut-proxy';
import { askRedis, SentinelSite, startRedisWith } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, TestNode } from './cluster.ts';

const history: TopicOptions = { history: { size: 5_000, ttl: 60_000 } };
const plain: TopicOptions = { envelope: true };
const impatient = { pingInterval: 100, pongTimeout: 2_000 };
const isMissing = requireSystemPart('redis-server') === undefined;

describe.skipIf(isMissing)('Redis that Sentinel watches', () => {
  let site: SentinelSite;
  const sentinel = () => ({
    name: 'main',
    sentinelRootNodes: [{ host: '127.0.0.1', port: site.sentinelPort }],
  });
  beforeEach(async () => {
    site = await SentinelSite.start();
  });
  afterEach(() => site.stop());

  test('a history has all confirmed messages when the master is killed during publishing and another takes over', async () => {
    const [here, there] = [
      new TestNode(await connectRedis({ sentinel: sentinel(), ...impatient })),
      new TestNode(await connectRedis({ sentinel: sentinel(), ...impatient })),
    ];
    const pair = await there.open();
    const { data } = collect(pair);
    await there.hub.topic('votes', history).subscribe(pair.socket);
    const confirmed: number[] = [];
    let isDone = false;
    const publishing = (async () => {
      for (let index = 0; !isDone; index++) {
        await here.hub
          .topic('votes', history)
          .publish(String(index))
          .then(
            () => confirmed.push(index),
            () => {},
          );
        await delay(5);
      }
    })();
    await expect.poll(() => data.length).toBeGreaterThan(20);
    // A replica without the messages could not deliver them: the test is about the change of masters.
    await askRedis(site.servers[0]!.port, 'WAIT', '1', '1000');
    const old = await site.masterPort();
    const [lost, restored] = [once(here.hub, 'lost'), once(here.hub, 'restored')];
    await site.servers[0]!.kill();
    await lost;
    expect(here.hub.isConnected).toBe(false);
    await restored;
    expect(await site.masterPort()).not.toBe(old);
    const before = confirmed.length;
    await expect.poll(() => confirmed.length).toBeGreaterThan(before + 20);
    isDone = true;
    await publishing;
    await expect.poll(() => data.at(-1)).toBe(confirmed.at(-1));
    expect(data.filter((each) => confirmed.includes(each as number))).toEqual(confirmed);
    await site.servers[0]!.resume();
  });

  test('a client of createSentinel() can be passed, and is not changed', async () => {
    const client = createSentinel(sentinel());
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => client.destroy());
    const node = new TestNode(await connectRedis({ duplicateOf: client }));
    const pair = await node.open();
    const { data } = collect(pair);
    await node.hub.topic('handed over', history).subscribe(pair.socket);
    await node.hub.topic('handed over', history).publish('1');
    await expect.poll(() => data).toEqual([1]);
    await node.hub.close();
    expect(await client.set('own', 'kept')).toBe('OK');
  });
});

describe.skipIf(isMissing)('a Redis server that is no longer the master', () => {
  test('is left, and a replica at the same address is not accepted', async () => {
    const [first, second] = [await startRedisWith(), await startRedisWith()];
    onTestFinished(() => Promise.all([first.stop(), second.stop()]).then(() => {}));
    const node = new TestNode(await connectRedis({ url: `redis://127.0.0.1:${first.port}`, ...impatient }));
    const lost = once(node.hub, 'lost');
    await askRedis(first.port, 'REPLICAOF', '127.0.0.1', String(second.port));
    const [error] = (await lost) as [Error];
    expect(error.message).toMatch(/^READONLY/);
    await delay(500);
    expect(node.hub.isConnected).toBe(false);
    await expect(node.hub.topic('kept', history).publish('1')).rejects.toMatchObject({ code: 'TOPIC_ERR_BROKER_LOST' });
    await expect(connectRedis({ url: `redis://127.0.0.1:${first.port}` })).rejects.toThrow('READONLY');
    const restored = once(node.hub, 'restored');
    await askRedis(first.port, 'REPLICAOF', 'NO', 'ONE');
    await restored;
    expect(await node.hub.topic('kept', history).publish('1')).toBe(true);
  });

  test('no message that it accepts counts as published', async () => {
    const [first, second] = [await startRedisWith(), await startRedisWith()];
    onTestFinished(() => Promise.all([first.stop(), second.stop()]).then(() => {}));
    const node = new TestNode(
      // It does not find out by pinging.
      await connectRedis({ url: `redis://127.0.0.1:${first.port}`, pingInterval: 60_000 }),
      { whenLost: 'fail' },
    );
    expect(await node.hub.topic('plain', plain).publish('1')).toBe(true);
    await askRedis(first.port, 'REPLICAOF', '127.0.0.1', String(second.port));
    await expect(node.hub.topic('plain', plain).publish('2')).rejects.toMatchObject({ code: 'TOPIC_ERR_BROKER_LOST' });
    expect(node.hub.isConnected).toBe(false);
  });

  test('a master without its required replicas counts as lost until it has them', async () => {
    const master = await startRedisWith();
    onTestFinished(() => master.stop());
    const node = new TestNode(await connectRedis({ url: `redis://127.0.0.1:${master.port}`, ...impatient }));
    const lost = once(node.hub, 'lost');
    await askRedis(master.port, 'CONFIG', 'SET', 'min-replicas-to-write', '1');
    const [error] = (await lost) as [Error];
    expect(error.message).toMatch(/^NOREPLICAS/);
    await delay(300);
    expect(node.hub.isConnected).toBe(false);
    const restored = once(node.hub, 'restored');
    await askRedis(master.port, 'CONFIG', 'SET', 'min-replicas-to-write', '0');
    await restored;
  });
});

describe.skipIf(isMissing)('a server that restarts without the newest messages', () => {
  test.each([
    ['kept', 3],
    ['all lost', 0],
  ])('does not pass off other messages as these: %s', async (name, kept) => {
    const server = await startRedisWith();
    onTestFinished(() => server.stop());
    const url = `redis://127.0.0.1:${server.port}`;
    const [here, there] = [
      new TestNode(await connectRedis({ url, ...impatient })),
      new TestNode(await connectRedis({ url, ...impatient })),
    ];
    const topic = here.hub.topic(name, history);
    for (let index = 1; index <= kept; index++) await topic.publish(String(index));
    await askRedis(server.port, 'SAVE');
    const pair = await there.open();
    const begun = await there.hub.topic(name, history).subscribe(pair.socket);
    const { data, notes } = collect(pair);
    for (let index = kept + 1; index <= 5; index++) await topic.publish(String(index));
    await expect.poll(() => data.at(-1)).toBe(5);
    const restored = [once(here.hub, 'restored'), once(there.hub, 'restored')];
    await server.kill();
    await server.resume();
    await Promise.all(restored);
    for (let index = 6; index <= 9; index++) await topic.publish(String(index));
    await expect.poll(() => data.at(-1)).toBe(9);
    expect(data.slice(-4)).toEqual([6, 7, 8, 9]);
    expect(notes.some((note) => 'gap' in note)).toBe(true);
    const late = await there.open();
    const since = { epoch: begun!.epoch!, offset: 5 };
    expect(await there.hub.topic(name, history).subscribe(late.socket, { since })).toMatchObject({ recovered: false });
  });
});

describe.skipIf(isMissing)('connections to Redis', () => {
  test('200,000 topics are received again, however many steps that takes', async () => {
    const server = await startRedisWith();
    onTestFinished(() => server.stop());
    const proxy = await CutProxy.to(server.port);
    onTestFinished(() => proxy.close());
    const broker = await connectRedis({ url: `redis://127.0.0.1:${proxy.port}`, timeout: 30_000, pongTimeout: 1_500 });
    onTestFinished(() => broker.close());
    const events: string[] = [];
    broker.start({
      onLost: () => events.push('lost'),
      onRestored: () => events.push('restored'),
      onForeign: () => {},
      onRefused: () => {},
    });
    const received: string[] = [];
    const count = 200_000;
    for (let start = 0; start < count; start += 1_000) {
      const joins = Array.from({ length: 1_000 }, (_, index) => ({
        topic: { name: String(start + index), history: null },
        receiver: () => received.push(String(start + index)),
      }));
      await broker.join(joins);
    }
    // The whole takes many times longer than one answer may.
    proxy.lag = 5;
    proxy.reset();
    await expect.poll(() => events, { timeout: 60_000 }).toEqual(['lost', 'restored']);
    const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await client.connect();
    expect(await client.pubSubNumSub(['turnout:0:topic:0', 'turnout:0:topic:199999'])).toEqual({
      'turnout:0:topic:0': 1,
      'turnout:0:topic:199999': 1,
    });
    await client.publish('turnout:0:topic:199999', '{}');
    client.destroy();
    await expect.poll(() => received).toEqual(['199999']);
  }, 120_000);
});
