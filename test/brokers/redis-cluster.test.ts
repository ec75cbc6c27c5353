import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { connectRedis } from '@turnout/redis';
import type { TopicOptions } from '@turnout/topics';
import { createCluster } from 'redis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { askRedis, ClusterSite, slotOf } from '@turnout/test-kit/redis-servers';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, TestNode } from './cluster.ts';
import { aclOf } from './redis-acl.ts';

const history: TopicOptions = { history: { size: 100, ttl: 60_000 } };
const plain: TopicOptions = { envelope: true };
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.skipIf(requireSystemPart('redis-server') === undefined)('a Redis Cluster of three masters', () => {
  let site: ClusterSite;
  beforeAll(async () => {
    site = await ClusterSite.start();
  });
  afterAll(() => site.stop());

  const startNode = async (): Promise<TestNode> =>
    new TestNode(await connectRedis({ cluster: { rootNodes: site.rootNodes }, timeout: 10_000 }));

  test('300 histories and 300 other topics work, on two nodes', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const pair = await there.open();
    const { data } = collect(pair);
    // More than one socket may subscribe to.
    const sockets = await Promise.all(range(6).map(() => there.open()));
    const received = sockets.map(collect);
    for (const index of range(600)) {
      const options = index % 2 === 0 ? history : plain;
      await there.hub.topic(`many ${index}`, options).subscribe(sockets[index % 6]!.socket);
    }
    await Promise.all(
      range(600).map((index) => here.hub.topic(`many ${index}`, index % 2 === 0 ? history : plain).publish(`${index}`)),
    );
    await expect.poll(() => received.flatMap(({ data: some }) => some).length).toBe(600);
    expect(data).toEqual([]);
  });

  test('a client of createCluster() can be passed, and is not changed', async () => {
    const client = createCluster({ rootNodes: site.rootNodes });
    await client.connect();
    const node = new TestNode(await connectRedis({ duplicateOf: client }));
    const pair = await node.open();
    const { data } = collect(pair);
    await node.hub.topic('handed over', history).subscribe(pair.socket);
    await node.hub.topic('handed over', history).publish('1');
    await expect.poll(() => data).toEqual([1]);
    await node.hub.close();
    expect(await client.set('own', 'kept')).toBe('OK');
    client.destroy();
  });

  test('messages of channels are sent only to the nodes of their slot', async () => {
    const node = await startNode();
    const { socket } = await node.open();
    await node.hub.topic('sharded', plain).subscribe(socket);
    const channels = await Promise.all(
      site.nodes.map(({ port }) => askRedis(port, 'PUBSUB', 'SHARDCHANNELS', 'turnout:0:topic:sharded')),
    );
    expect(channels.flat()).toEqual(['turnout:0:topic:sharded']);
  });

  test('the ACL of the README is sufficient', async () => {
    const rules = [...aclOf('on >secret'), ...aclOf('+cluster|slots')];
    for (const { port } of site.nodes) await askRedis(port, 'ACL', 'SETUSER', 'turnout', 'reset', ...rules);
    const defaults = { username: 'turnout', password: 'secret' };
    const node = new TestNode(await connectRedis({ cluster: { rootNodes: site.rootNodes, defaults } }));
    for (const [name, options] of [
      ['plain', plain],
      ['kept', history],
    ] as const) {
      const pair = await node.open();
      const { data } = collect(pair);
      await node.hub.topic(`restricted ${name}`, options).subscribe(pair.socket);
      await node.hub.topic(`restricted ${name}`, options).publish('1');
      await expect.poll(() => data).toEqual([1]);
    }
    for (const { port } of site.nodes) expect(await askRedis(port, 'ACL', 'LOG')).toEqual([]);
  });

  test('a history has all messages in order while slots are moved', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const names = range(4).map((index) => `moved ${index}`);
    const received = await Promise.all(
      names.map(async (name) => {
        const pair = await there.open();
        await there.hub.topic(name, history).subscribe(pair.socket);
        return collect(pair);
      }),
    );
    const lost: unknown[] = [];
    for (const { hub } of [here, there]) hub.on('lost', (error) => lost.push(error));
    let isMoving = true;
    const counts = names.map(() => 0);
    const publishing = names.map(async (name, index) => {
      while (isMoving || counts[index]! < 20) {
        await here.hub.topic(name, history).publish(String(counts[index]!++));
        await delay(5);
      }
    });
    for (const name of names) {
      const slot = await slotOf(site.nodes[0]!.port, `history:${name}`);
      for (const to of site.nodes) await site.moveSlot(slot, to, () => delay(60));
    }
    isMoving = false;
    await Promise.all(publishing);
    for (const [index, { data }] of received.entries()) await expect.poll(() => data).toEqual(range(counts[index]!));
    expect(lost).toEqual([]);
  });

  test('a topic without history is received again after its slot was moved, and announces a gap', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const pair = await there.open();
    const { data, notes } = collect(pair);
    await there.hub.topic('moved', plain).subscribe(pair.socket);
    await here.hub.topic('moved', plain).publish('1');
    await expect.poll(() => data).toEqual([1]);
    const slot = await slotOf(site.nodes[0]!.port, 'turnout:0:topic:moved');
    for (const to of [...site.nodes, ...site.nodes]) await site.moveSlot(slot, to);
    await expect.poll(() => notes).toContainEqual({ gap: {} });
    await expect
      .poll(async () => {
        await here.hub.topic('moved', plain).publish('2');
        return data.at(-1);
      })
      .toBe(2);
  });
});

test.skipIf(requireSystemPart('redis-server') === undefined)(
  'topics continue when a master of a Cluster is killed and its replica takes over',
  async () => {
    const site = await ClusterSite.start();
    onTestFinished(() => site.stop());
    await site.addReplica(site.nodes[0]!);
    const cluster = { rootNodes: site.rootNodes };
    const node = new TestNode(await connectRedis({ cluster, pingInterval: 100 }));
    const received = await Promise.all(
      range(12).map(async (index) => {
        const pair = await node.open();
        await node.hub.topic(`topic ${index}`, index % 2 === 0 ? history : plain).subscribe(pair.socket);
        return collect(pair);
      }),
    );
    const [lost, restored] = [once(node.hub, 'lost'), once(node.hub, 'restored')];
    await site.nodes[0]!.kill();
    await lost;
    expect(node.hub.isConnected).toBe(false);
    await restored;
    await Promise.all(
      range(12).map((index) => node.hub.topic(`topic ${index}`, index % 2 === 0 ? history : plain).publish('"on"')),
    );
    for (const { data } of received) await expect.poll(() => data).toEqual(['on']);
  },
);
