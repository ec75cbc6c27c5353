import { setTimeout as delay } from 'node:timers/promises';
import type { Client, Person } from '@turnout/client';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CutProxy } from '@turnout/test-kit/cut-proxy';
import { servedDrivers, type BrokerSite } from './drivers.ts';
import { DeliveryModel, step } from './delivery-model.ts';
import { NodeHandle, openClient } from './node-handle.ts';

const isLong = process.env['TURNOUT_LONG'] === '1';

/** What a client has received from a topic, over all its connections. */
class Follower {
  readonly data: string[] = [];
  readonly offsets: number[] = [];
  gaps = 0;
  hasBegun = false;
  people: string[] = [];

  constructor(client: Client, topic: string) {
    client.subscribe<string>(topic, {
      onMessage: (data, offset) => {
        this.data.push(data);
        if (offset !== undefined) this.offsets.push(offset);
      },
      onSubscribed: () => (this.hasBegun = true),
      onGap: () => this.gaps++,
      onPeople: (people: Person[]) => (this.people = people.map(({ id }) => id)),
    });
  }
}

const text = (value: unknown): string => JSON.stringify(value);
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.each(servedDrivers.filter(({ isThere }) => isThere))('processes that share $name', ({ start, name: kind }) => {
  let site: BrokerSite;
  beforeEach(async () => {
    site = await start();
  });
  afterEach(() => site.stop());

  const startNodes = (count: number, port = site.daemon!.port): Promise<NodeHandle[]> =>
    Promise.all(
      range(count).map(() => NodeHandle.start(kind, port, port === site.daemon!.port ? 'patient' : 'impatient')),
    );

  test('killing one in the middle of publishing does not affect the others', async () => {
    const nodes = await startNodes(3);
    const followers = nodes.slice(1).map(({ url }) => new Follower(openClient(url), 'kept'));
    for (const follower of followers) await expect.poll(() => follower.hasBegun).toBe(true);
    const published = new Set<string>();
    const publishing = nodes.map(async (node, index) => {
      for (let count = 0; count < 300; count++) {
        const message = `${index}-${count}`;
        if (await node.publish('kept', text(message))) published.add(message);
        if (index === 0 && count === 100) await node.kill();
        if (index === 0 && count > 100) return;
      }
    });
    await Promise.all(publishing);
    await nodes[1]!.publish('kept', text('end'));
    for (const { data } of followers) await expect.poll(() => data.at(-1)).toBe('end');
    for (const { data, offsets, gaps } of followers) {
      expect(new Set(data).size).toBe(data.length);
      expect([...published].filter((message) => !data.includes(message))).toEqual([]);
      expect(offsets).toEqual(range(offsets.length).map((index) => offsets[0]! + index));
      expect(gaps).toBe(0);
    }
  });

  test('messages that three nodes publish at a steady rate all arrive, once', async () => {
    const nodes = await startNodes(3);
    const followers = nodes.map(({ url }) => new Follower(openClient(url), 'kept'));
    for (const follower of followers) await expect.poll(() => follower.hasBegun).toBe(true);
    const seconds = isLong ? 600 : 2;
    let published = 0;
    const failures: boolean[] = [];
    // 1,000 per second by each of three nodes, if the machine is fast enough.
    const start = performance.now();
    for (let elapsed = 0; elapsed < seconds * 1_000; elapsed = performance.now() - start) {
      const batch = range(Math.min(300, Math.floor(elapsed) * 3 - published)).map(() =>
        nodes[published % 3]!.publish('kept', text(published++)),
      );
      failures.push(...(await Promise.all([...batch, delay(5, true)])).filter((isDone) => !isDone));
    }
    expect(failures).toEqual([]);
    for (const { data } of followers) await expect.poll(() => data.length).toBe(published);
    for (const { data, gaps } of followers) {
      expect(new Set(data).size).toBe(published);
      expect(gaps).toBe(0);
    }
  });

  test('all followers receive everything in the same order, whoever publishes', async () => {
    const nodes = await startNodes(3);
    const followers = nodes.map(({ url }) => new Follower(openClient(url), 'plain'));
    for (const follower of followers) await expect.poll(() => follower.hasBegun).toBe(true);
    for (let round = 0; round < 20; round++) {
      await Promise.all(range(300).map((index) => nodes[index % 3]!.publish('plain', text(`${round}-${index}`))));
    }
    for (const { data } of followers) await expect.poll(() => data.length).toBe(6_000);
    for (const { data, gaps } of followers) {
      expect(data).toEqual(followers[0]!.data);
      expect(gaps).toBe(0);
    }
  });

  test('one that the server drops because it does not read misses nothing of a history', async () => {
    const strict = await start({ maxOutput: 8 * 1024 * 1024 });
    onTestFinished(() => strict.stop());
    const [writer, reader] = (await startNodes(2, strict.daemon!.port)) as [NodeHandle, NodeHandle];
    const [kept, plain] = ['kept', 'plain'].map((topic) => new Follower(openClient(reader.url), topic)) as [
      Follower,
      Follower,
    ];
    for (const follower of [kept, plain]) await expect.poll(() => follower.hasBegun).toBe(true);
    reader.child.kill('SIGSTOP');
    const long = 'x'.repeat(512 * 1024);
    // More than the server and the system buffer on both sides of the connection.
    for (let index = 0; index < 60; index++) {
      for (const topic of ['kept', 'plain']) expect(await writer.publish(topic, text(`${index} ${long}`))).toBe(true);
    }
    reader.child.kill('SIGCONT');
    await expect.poll(() => kept.data.length).toBe(60);
    expect(kept.data.map((message) => Number.parseInt(message, 10))).toEqual(range(60));
    expect(kept.gaps).toBe(0);
    await expect.poll(() => plain.gaps).toBeGreaterThan(0);
  });

  test('people on one that is killed leave, and are present again on another', async () => {
    const nodes = await startNodes(3);
    const watcher = new Follower(openClient(nodes[0]!.url), 'room');
    const others = nodes.slice(1).map(({ url }) => new Follower(openClient(url), 'room'));
    for (const follower of others) await expect.poll(() => follower.hasBegun).toBe(true);
    await expect.poll(() => watcher.people.length).toBe(3);
    await nodes[2]!.kill();
    await expect.poll(() => watcher.people.length).toBe(2);
    const fourth = new Follower(openClient(nodes[1]!.url), 'room');
    await expect.poll(() => [watcher.people.length, fourth.people.length]).toEqual([3, 3]);
  });

  test('clients miss nothing when the broker restarts, and nodes and the network fail', async () => {
    const proxy = await CutProxy.to(site.daemon!.port);
    const [steady, ...rest] = [...(await startNodes(2)), ...(await startNodes(1, proxy.port))] as NodeHandle[];
    const followers = [steady!, ...rest].map(({ url }) => new Follower(openClient(url), 'kept'));
    for (const { data } of followers) {
      await expect.poll(async () => (await steady!.publish('kept', text('begin'))) && data.length > 0).toBe(true);
    }
    const published = new Set<string>();
    let count = 0;
    const publishFor = async (milliseconds: number): Promise<void> => {
      for (const end = performance.now() + milliseconds; performance.now() < end; count++) {
        const message = String(count);
        if (await steady!.publish('kept', text(message))) published.add(message);
        await delay(2);
      }
    };
    await publishFor(200);
    proxy.cut();
    await publishFor(2_500);
    proxy.heal();
    await publishFor(500);
    await site.daemon!.kill();
    await publishFor(300);
    await site.daemon!.resume();
    await publishFor(500);
    await expect.poll(() => steady!.publish('kept', text('end'))).toBe(true);
    for (const { data } of followers) await expect.poll(() => data.includes('end')).toBe(true);
    for (const { data, gaps } of followers) {
      const numbers = data.filter((message) => /^\d/.test(message));
      expect([...published].filter((message) => !numbers.includes(message))).toEqual([]);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(numbers).toEqual(numbers.toSorted((one, other) => Number(one) - Number(other)));
      expect(gaps).toBe(0);
    }
    await proxy.close();
  });

  test('clients receive what the model says, whatever joins, leaves, publishes and is cut', async () => {
    const nodes = await startNodes(2);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: isLong ? 200 : 40 }), async (steps) => {
        const model = await DeliveryModel.start(nodes, `kept ${round++}`);
        for (const each of steps) await model.run(each);
        await model.end();
      }),
      { numRuns: isLong ? 500 : 30, seed: 7 },
    );
  });
});
