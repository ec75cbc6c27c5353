import { connectRedis } from '@turnout/redis';
import type { Subscribed, TopicOptions } from '@turnout/topics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { askRedis, SentinelSite } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, TestNode, type Received } from './cluster.ts';

const history: TopicOptions = { history: { size: 50, ttl: 60_000 } };

describe.skipIf(requireSystemPart('redis-server') === undefined)('a replica that takes over', () => {
  let site: SentinelSite;
  beforeEach(async () => {
    site = await SentinelSite.start();
  });
  afterEach(() => site.stop());

  const startNode = async (): Promise<TestNode> => {
    const sentinel = { name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: site.sentinelPort }] };
    // Sentinel names the server before it has found it to be the master.
    for (;;) {
      const broker = await connectRedis({ sentinel, pingInterval: 100, pongTimeout: 2_000 }).catch(() => null);
      if (broker !== null) return new TestNode(broker);
    }
  };
  const publish = async ({ hub }: TestNode, ...values: number[]): Promise<void> => {
    for (const value of values) await hub.topic('kept', history).publish(String(value));
  };
  const subscribe = async (node: TestNode, since?: { epoch: string; offset: number }) => {
    const pair = await node.open();
    const received = collect(pair);
    const topic = node.hub.topic('kept', history);
    const subscribed = await topic.subscribe(pair.socket, since === undefined ? {} : { since });
    return { ...received, subscribed: subscribed as Required<Subscribed>, pair };
  };
  const gapsOf = ({ notes }: Received): number => notes.filter((note) => 'gap' in note).length;
  const epochOf = ({ notes }: Received): unknown => notes.findLast((note) => 'epoch' in note)?.['epoch'];
  const untilReplicated = (): Promise<unknown> => askRedis(site.servers[0]!.port, 'WAIT', '1', '1000');

  test('without the newest messages refuses positions in them, though no node knows of them and others have their offsets', async () => {
    const old = await startNode();
    await publish(old, 1, 2, 3);
    const { epoch } = (await subscribe(old)).subscribed;
    await untilReplicated();
    await site.cutOffReplicas();
    await publish(old, 4, 5);
    await old.hub.close();
    await site.failOver();
    const node = await startNode();
    await publish(node, 14, 15, 16);
    for (const offset of [4, 5]) {
      expect((await subscribe(node, { epoch, offset })).subscribed).toMatchObject({ recovered: false, offset: 6 });
    }
    for (const [offset, missed] of [
      [3, [14, 15, 16]],
      [1, [2, 3, 14, 15, 16]],
    ] as const) {
      const { data, subscribed } = await subscribe(node, { epoch, offset });
      expect(subscribed).toMatchObject({ recovered: true, offset });
      await expect.poll(() => data).toEqual(missed);
    }
  });

  test('before a history was written to it refuses positions in it that it does not have', async () => {
    const old = await startNode();
    const { epoch } = (await subscribe(old)).subscribed;
    await untilReplicated();
    await site.cutOffReplicas();
    await publish(old, 1, 2);
    await old.hub.close();
    await site.failOver();
    const node = await startNode();
    await publish(node, 11, 12, 13);
    expect((await subscribe(node, { epoch, offset: 2 })).subscribed).toMatchObject({ recovered: false });
    expect((await subscribe(node, { epoch, offset: 0 })).subscribed).toMatchObject({ recovered: true });
  });

  test('with all messages is noticed by no subscriber, and positions from before and after are good for resuming', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const live = await subscribe(there);
    await publish(here, 1, 2, 3);
    await untilReplicated();
    await site.failOver();
    await expect.poll(() => here.hub.isConnected && there.hub.isConnected).toBe(true);
    await publish(here, 4, 5);
    await expect.poll(() => live.data).toEqual([1, 2, 3, 4, 5]);
    expect(gapsOf(live)).toBe(0);
    const before = live.subscribed.epoch;
    await expect.poll(() => epochOf(live)).not.toBe(undefined);
    const after = String(epochOf(live));
    expect(after).not.toBe(before);
    const fresh = await startNode();
    for (const node of [here, there, fresh]) {
      for (const since of [
        { epoch: before, offset: 2 },
        { epoch: after, offset: 2 },
      ]) {
        const { data, subscribed } = await subscribe(node, since);
        expect(subscribed).toMatchObject({ recovered: true });
        await expect.poll(() => data).toEqual([3, 4, 5]);
      }
      expect((await subscribe(node, { epoch: after, offset: 5 })).subscribed).toMatchObject({ recovered: true });
      expect((await subscribe(node, { epoch: before, offset: 5 })).subscribed).toMatchObject({ recovered: false });
    }
  });

  test('without the newest messages is a gap for all subscribers once a node that knows of them publishes, even if another was first', async () => {
    const [knows, other] = [await startNode(), await startNode()];
    await publish(other, 1, 2, 3);
    await untilReplicated();
    await site.cutOffReplicas();
    await publish(knows, 4, 5);
    await site.failOver();
    await expect.poll(() => knows.hub.isConnected && other.hub.isConnected).toBe(true);
    await publish(other, 14, 15, 16);
    const live = await subscribe(other);
    await publish(knows, 17);
    await expect.poll(() => gapsOf(live)).toBe(1);
    await publish(other, 18);
    await expect.poll(() => live.data.at(-1)).toBe(18);
    expect(gapsOf(live)).toBe(1);
    const { epoch } = live.subscribed;
    expect((await subscribe(other, { epoch, offset: 6 })).subscribed).toMatchObject({ recovered: false });
  });
});
