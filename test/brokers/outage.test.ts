import { setTimeout as delay } from 'node:timers/promises';
import { encodeBusMessage, type TopicOptions } from '@turnout/topics';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CutProxy } from '@turnout/test-kit/cut-proxy';
import { collect, TestNode } from './cluster.ts';
import { servedDrivers, type BrokerSite } from './drivers.ts';

const history: TopicOptions = { history: { size: 1_000, ttl: 60_000 } };
const plain: TopicOptions = { envelope: true };

function once(node: TestNode, event: 'lost' | 'restored'): Promise<unknown> {
  return new Promise((resolve) => node.hub.once(event, resolve));
}

describe.each(servedDrivers.filter(({ isThere }) => isThere))('while $name is down', ({ start }) => {
  let site: BrokerSite;
  beforeEach(async () => {
    site = await start();
  });
  afterEach(() => site.stop());

  const startNode = async (options = {}): Promise<TestNode> => new TestNode(await site.connect(), options);

  test('local delivery continues; once it is restored, topics with history catch up, and the others announce a gap', async () => {
    const [here, there] = [await startNode(), await startNode()];
    const subscribed = async (node: TestNode, topic: string, options: TopicOptions) => {
      const pair = await node.open();
      await node.hub.topic(topic, options).subscribe(pair.socket);
      return collect(pair);
    };
    const plainHere = await subscribed(here, 'plain', plain);
    const plainThere = await subscribed(there, 'plain', plain);
    const keptThere = await subscribed(there, 'kept', history);
    await here.hub.topic('kept', history).publish('1');
    await here.hub.topic('plain', plain).publish('1');
    await expect.poll(() => [plainThere.data, keptThere.data]).toEqual([[1], [1]]);

    const lost = [once(here, 'lost'), once(there, 'lost')];
    await site.daemon!.kill();
    await Promise.all(lost);
    expect(here.hub.isConnected).toBe(false);
    expect(await here.hub.topic('plain', plain).publish('2')).toBe(false);
    await expect.poll(() => plainHere.data).toEqual([1, 2]);
    expect(here.hub.counts.localOnly).toBe(1);
    await expect(here.hub.topic('kept', history).publish('2')).rejects.toMatchObject({ code: 'TOPIC_ERR_BROKER_LOST' });
    const late = await here.open();
    await here.hub.topic('late', plain).subscribe(late.socket);
    const gone = await here.open();
    await expect(here.hub.topic('later', history).subscribe(gone.socket)).rejects.toMatchObject({
      code: 'TOPIC_ERR_BROKER_LOST',
    });
    expect(here.hub.topic('later', history).size).toBe(0);

    const restored = [once(here, 'restored'), once(there, 'restored')];
    await site.daemon!.resume();
    const writer = await startNode();
    await writer.hub.topic('kept', history).publish('3');
    await Promise.all(restored);
    await expect.poll(() => keptThere.data).toEqual([1, 3]);
    // A server of Redis that has restarted gives histories another epoch.
    expect(keptThere.notes.filter((note) => !('epoch' in note))).toEqual([
      { subscribed: { epoch: expect.any(String), offset: 0, recovered: false } },
    ]);
    expect(keptThere.offsets).toEqual([1, 2]);
    await expect.poll(() => plainThere.notes).toContainEqual({ gap: {} });
    const lateReceived = collect(late);
    await there.hub.topic('late', plain).publish('"all is well"');
    await expect.poll(() => lateReceived.data).toEqual(['all is well']);
  });

  test('publishing fails if whenLost is fail', async () => {
    const node = await startNode({ whenLost: 'fail' });
    const lost = once(node, 'lost');
    await site.daemon!.kill();
    await lost;
    await expect(node.hub.topic('plain', plain).publish('1')).rejects.toMatchObject({ code: 'TOPIC_ERR_BROKER_LOST' });
    const { socket } = await node.open();
    await expect(node.hub.topic('plain', plain).subscribe(socket)).rejects.toMatchObject({
      code: 'TOPIC_ERR_BROKER_LOST',
    });
    await site.daemon!.resume();
  });

  test('a network that silently stops is detected, and nothing of a history is lost', async () => {
    const proxy = await CutProxy.to(site.daemon!.port);
    const cut = new TestNode(await site.connectBy(proxy.port, 'impatient'));
    const other = await startNode();
    const pair = await cut.open();
    await cut.hub.topic('kept', history).subscribe(pair.socket, { since: 'oldest' });
    const received = collect(pair);
    const events: string[] = [];
    cut.hub.topic('kept', history).on('gap', () => events.push('gap'));
    for (let round = 0; round < 2; round++) {
      const lost = once(cut, 'lost');
      proxy.cut();
      for (let index = 0; index < 50; index++) await other.hub.topic('kept', history).publish(String(index));
      await lost;
      const restored = once(cut, 'restored');
      proxy.heal();
      await restored;
      await other.hub.topic('kept', history).publish('"healed"');
      await expect.poll(() => received.data.length).toBe(51 * (round + 1));
    }
    expect(received.offsets).toEqual(Array.from({ length: 102 }, (_, index) => index + 1));
    expect(events).toEqual([]);
    await cut.hub.close();
    await proxy.close();
  });

  test('a node that is separated from two others receives what is possible, and no topic reaches another', async () => {
    const proxy = await CutProxy.to(site.daemon!.port);
    const nodes = [await startNode(), await startNode(), new TestNode(await site.connectBy(proxy.port, 'impatient'))];
    const split = nodes[2]!;
    const subscribed = (topic: string, options: TopicOptions) =>
      Promise.all(
        nodes.map(async (node) => {
          const pair = await node.open();
          await node.hub.topic(topic, options).subscribe(pair.socket);
          return collect(pair);
        }),
      );
    const [kept, room, others] = [
      await subscribed('kept', history),
      await subscribed('room', plain),
      await subscribed('another room', plain),
    ];
    const lost = once(split, 'lost');
    proxy.cut();
    await lost;
    const splitSeconds = process.env['TURNOUT_LONG'] === '1' ? 60 : 1;
    let count = 0;
    for (const end = performance.now() + splitSeconds * 1_000; performance.now() < end; count++) {
      for (const node of nodes.slice(0, 2)) {
        expect(await node.hub.topic('room', plain).publish(`"${count}"`)).toBe(true);
        expect(await node.hub.topic('kept', history).publish(`"${count}"`)).toBe(true);
      }
      expect(await split.hub.topic('room', plain).publish('"split"')).toBe(false);
      await expect(split.hub.topic('kept', history).publish('"split"')).rejects.toMatchObject({
        code: 'TOPIC_ERR_BROKER_LOST',
      });
      await delay(20);
    }
    const restored = once(split, 'restored');
    proxy.heal();
    await restored;
    const both = Array.from({ length: 2 * count }, (_, index) => String(Math.floor(index / 2)));
    for (const { data } of kept) await expect.poll(() => data).toEqual(both);
    expect(kept.flatMap(({ notes }) => notes.filter((note) => 'gap' in note))).toEqual([]);
    expect(room.slice(0, 2).map(({ data }) => data)).toEqual([both, both]);
    expect(room[2]!.data).toEqual(Array.from({ length: count }, () => 'split'));
    await expect.poll(() => room[2]!.notes).toContainEqual({ gap: {} });
    await nodes[0]!.hub.topic('room', plain).publish('"healed"');
    for (const { data } of room) await expect.poll(() => data.at(-1)).toBe('healed');
    expect(others.map(({ data }) => data)).toEqual([[], [], []]);
    await split.hub.close();
    await proxy.close();
  });

  test('connections that are reset repeatedly lose nothing of a history', async () => {
    const proxy = await CutProxy.to(site.daemon!.port);
    const cut = new TestNode(await site.connectBy(proxy.port, 'impatient'));
    const other = await startNode();
    const pair = await cut.open();
    await cut.hub.topic('kept', history).subscribe(pair.socket);
    const received = collect(pair);
    let published = 0;
    for (let round = 0; round < 5; round++) {
      const restored = once(cut, 'restored');
      proxy.reset();
      for (let index = 0; index < 20; index++) await other.hub.topic('kept', history).publish(String(published++));
      await restored;
    }
    await other.hub.topic('kept', history).publish(String(published++));
    await expect.poll(() => received.data).toEqual(Array.from({ length: published }, (_, index) => index));
    await cut.hub.close();
    await proxy.close();
  });

  test('a history that is lost in the outage is reported as lost, and restarts', async () => {
    const node = await startNode();
    const pair = await node.open();
    const { epoch } = (await node.hub.topic('kept', history).subscribe(pair.socket))!;
    const received = collect(pair);
    for (let index = 0; index < 5; index++) await node.hub.topic('kept', history).publish(String(index));
    await expect.poll(() => received.data.length).toBe(5);
    const lost = once(node, 'lost');
    await site.daemon!.kill();
    await lost;
    const restored = once(node, 'restored');
    await site.daemon!.resumeEmpty();
    await restored;
    await node.hub.topic('kept', history).publish('"again"');
    await expect.poll(() => received.data.at(-1)).toBe('again');
    const gap = received.notes.find((note) => 'gap' in note) as { gap: { epoch: string; offset: number } };
    expect(gap.gap.offset).toBe(0);
    expect(gap.gap.epoch).not.toBe(epoch);
    expect(received.offsets).toEqual([1, 2, 3, 4, 5, 1]);
    const late = await node.open();
    const since = { epoch: epoch!, offset: 1 };
    expect(await node.hub.topic('kept', history).subscribe(late.socket, { since })).toMatchObject({ recovered: false });
  });

  test('foreign messages are dropped and counted', async () => {
    const node = await startNode();
    const other = await startNode();
    const pair = await node.open();
    await node.hub.topic('plain', plain).subscribe(pair.socket);
    const kept = await node.open();
    await node.hub.topic('kept', history).subscribe(kept.socket);
    const foreign: unknown[] = [];
    node.hub.on('foreign', (problem) => foreign.push(problem));
    const ours = encodeBusMessage({ origin: 'x.0', sequence: 1, key: '', data: '1' });
    const future = Buffer.from(ours);
    future[1] = 2;
    const malformed = [Buffer.from('not ours'), Buffer.alloc(0), ours.subarray(0, 10), future];
    await site.write('plain', [...malformed, Buffer.from('T\u0001\u0000\u0001{')]);
    await site.write('kept', [...malformed, ours]);
    await expect.poll(() => node.hub.counts.foreign).toBe(10);
    expect(foreign[0]).toEqual({ topic: 'plain', reason: 'not a Turnout message' });
    const received = [collect(pair), collect(kept)];
    await other.hub.topic('plain', plain).publish('"still here"');
    await other.hub.topic('kept', history).publish('"still here"');
    for (const { data } of received) await expect.poll(() => data).toEqual(['still here']);
  });

  test('foreign messages in a history are skipped and counted', async () => {
    const node = await startNode();
    const pair = await node.open();
    await node.hub.topic('kept', history).subscribe(pair.socket);
    const received = collect(pair);
    await node.hub.topic('kept', history).publish('"before"');
    await site.poison();
    await node.hub.topic('kept', history).publish('"after"');
    await expect.poll(() => received.data).toEqual(['before', 'after']);
    expect(received.offsets).toEqual([1, 3]);
    const late = await node.open();
    const { data } = collect(late);
    const begun = await node.hub.topic('kept', history).subscribe(late.socket, { since: 'oldest' });
    expect(begun).toMatchObject({ offset: 0, recovered: true });
    await expect.poll(() => data).toEqual(['before', 'after']);
    expect(node.hub.counts.foreign).toBeGreaterThan(0);
  });

  test('only topics with a local subscriber are joined at the broker', async () => {
    const node = await startNode();
    const { socket } = await node.open();
    const before = await site.subscriptions();
    node.hub.topic('idle', plain);
    await node.hub.topic('idle', plain).publish('1');
    await node.hub.topic('kept', history).publish('1');
    expect(await site.subscriptions()).toBe(before);
    await node.hub.topic('idle', plain).subscribe(socket);
    await node.hub.topic('kept', history).subscribe(socket);
    await expect.poll(() => site.subscriptions()).toBe(before + 2);
    node.hub.topic('idle', plain).unsubscribe(socket);
    socket.terminate();
    await expect.poll(() => site.subscriptions()).toBe(before);
  });

  test('a distant broker delays only publishers', async () => {
    const proxy = await CutProxy.to(site.daemon!.port);
    const node = new TestNode(await site.connectBy(proxy.port, 'patient'));
    const { client, socket } = await node.open();
    await node.hub.topic('plain', plain).subscribe(socket);
    proxy.lag = 400;
    let turns = 0;
    const turning = setInterval(() => turns++, 1);
    const results = await Promise.allSettled(
      Array.from({ length: 1_200 }, (_, index) => node.hub.topic('plain', plain).publish(String(index))),
    );
    clearInterval(turning);
    proxy.lag = 0;
    expect(turns).toBeGreaterThan(50);
    expect(results.filter((result) => result.status === 'fulfilled' && result.value)).toHaveLength(1_000);
    const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(codes).toEqual(Array.from({ length: 200 }, () => 'TOPIC_ERR_BACKLOG'));
    expect(node.hub.counts).toMatchObject({ localOnly: 0, gaps: 0, duplicates: 0 });
    socket.terminate();
    client.socket.terminate();
    await node.hub.close();
    await proxy.close();
  });

  test('no more messages are pending than the limits allow', async () => {
    const proxy = await CutProxy.to(site.daemon!.port);
    const node = new TestNode(await site.connectBy(proxy.port, 'impatient'));
    proxy.cut();
    const results = await Promise.allSettled(
      Array.from({ length: 1_001 }, () => node.hub.topic('kept', history).publish('1')),
    );
    const codes = results.map((result) => (result as { reason: { code: string } }).reason.code);
    expect(codes.at(-1)).toBe('TOPIC_ERR_BACKLOG');
    expect(codes.slice(0, -1)).not.toContain('TOPIC_ERR_BACKLOG');
    await node.hub.close();
    await proxy.close();
  });
});
