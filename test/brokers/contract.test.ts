import { createServer } from 'node:http';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { createRouter } from '@turnout/router';
import { connectTo } from '@turnout/testing';
import { TopicError, type Person, type TopicOptions } from '@turnout/topics';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, TestNode } from './cluster.ts';
import { drivers, type BrokerSite } from './drivers.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const ids = (people: readonly Person[]): string[] => people.map(({ id }) => id).toSorted();

describe.each(drivers.filter(({ isThere }) => isThere))('topics over $name', ({ start }) => {
  let site: BrokerSite;
  let names = 0;
  beforeAll(async () => {
    site = await start();
  });
  afterAll(() => site.stop());

  const startNode = async (options = {}): Promise<TestNode> => new TestNode(await site.connect(), options);
  const startNodes = (count: number): Promise<TestNode[]> => Promise.all(range(count).map(() => startNode()));
  /** A name that no other test has. */
  const newName = (): string => `topic ${names++}`;

  test('text and bytes reach the subscribers of every node', async () => {
    const nodes = await startNodes(3);
    const name = newName();
    const pairs = await Promise.all(nodes.map((node) => node.open()));
    for (const [index, { socket }] of pairs.entries()) await nodes[index]!.hub.topic(name).subscribe(socket);
    expect(await nodes[0]!.hub.topic(name).publish('wörd')).toBe(true);
    await nodes[0]!.hub.topic(name).publish(Uint8Array.of(0, 255));
    for (const { client } of pairs) {
      await client.expect('wörd');
      await client.expect(Buffer.from([0, 255]));
    }
  });

  /** What three nodes receive that all publish at once, `[node, index]` each. */
  async function publishFromAll(options: TopicOptions): Promise<[number, number][][]> {
    const nodes = await startNodes(3);
    const name = newName();
    const received = await Promise.all(
      nodes.map(async (node) => {
        const pair = await node.open();
        await node.hub.topic(name, options).subscribe(pair.socket);
        return collect(pair);
      }),
    );
    await Promise.all(
      range(300).map((index) => nodes[index % 3]!.hub.topic(name, options).publish(`[${index % 3},${index}]`)),
    );
    for (const { data } of received) await expect.poll(() => data.length).toBe(300);
    return received.map(({ data }) => data as [number, number][]);
  }

  test('what one node publishes arrives in order, and all of it once', async () => {
    for (const data of await publishFromAll({ envelope: true })) {
      for (const node of range(3)) {
        const own = data.filter(([from]) => from === node).map(([, index]) => index);
        expect(own).toEqual(range(100).map((index) => 3 * index + node));
      }
    }
  });

  test('the order is the same for all, whoever publishes', async () => {
    for (const options of [{ history: true }, { envelope: true }]) {
      const [first, ...others] = await publishFromAll(options);
      for (const data of others) expect(data).toEqual(first);
    }
  });

  test('who publishes can be left out, on its own node', async () => {
    const [here, there] = await startNodes(2);
    const name = newName();
    const [one, two, other] = [await here!.open(), await here!.open(), await there!.open()];
    await here!.hub.topic(name).subscribe(one.socket);
    await here!.hub.topic(name).subscribe(two.socket);
    await there!.hub.topic(name).subscribe(other.socket);
    await here!.hub.topic(name).publish('hello', { except: one.socket });
    await here!.hub.topic(name).publish('end');
    await one.client.expect('end');
    await two.client.expect('hello');
    await other.client.expect('hello');
  });

  test.each(['__proto__', '*', 'a:b', 'room[*]?', 'a.b.>', '>', 'ä ö', '{x}', 'x'.repeat(256)])(
    'no other topic is reached by the name %j',
    async (hostile) => {
      const [here, there] = await startNodes(2);
      const [own, other, kept] = [await there!.open(), await there!.open(), await there!.open()];
      await there!.hub.topic(hostile).subscribe(own.socket);
      for (const name of ['room', 'rooma', 'a', 'a.b.c', 'x']) await there!.hub.topic(name).subscribe(other.socket);
      await there!.hub.topic(`kept ${hostile}`.slice(0, 256), { history: true }).subscribe(kept.socket);
      await kept.client.next();
      await here!.hub.topic(hostile).publish('hello');
      await own.client.expect('hello');
      await other.client.expectNothing(10);
      await kept.client.expectNothing(10);
    },
  );

  test('a node that leaves a topic gets no more of it, and all again when it comes back', async () => {
    const [here, there] = await startNodes(2);
    const name = newName();
    const { client, socket } = await there!.open();
    for (const message of ['one', 'two', 'three']) {
      await there!.hub.topic(name).subscribe(socket);
      await here!.hub.topic(name).publish(message);
      await client.expect(message);
      there!.hub.topic(name).unsubscribe(socket);
      await here!.hub.topic(name).publish('missed');
    }
    await client.expectNothing();
  });

  test('a link reaches all nodes', async () => {
    const [here, there] = await startNodes(2);
    const told: string[] = [];
    here!.hub.link('users', (text) => told.push(`here ${text}`));
    const send = there!.hub.link('users', (text) => told.push(`there ${text}`));
    await expect
      .poll(async () => {
        await send('bye');
        return new Set(told);
      })
      .toEqual(new Set(['here bye', 'there bye']));
  });

  test('a user is disconnected on every node', async () => {
    const nodes = await startNodes(2);
    const user = ({ url }: { url?: string }): string => url!.split('?')[1]!;
    const routers = nodes.map(({ hub }) => createRouter({ user, hub }));
    const clients = await Promise.all(
      routers.map((router) => {
        const server = createServer();
        router.ws('/', () => {});
        router.attach(server);
        return connectTo(server, '/?ann');
      }),
    );
    expect(clients.map(({ socket }) => socket.readyState)).toEqual([1, 1]);
    await expect
      .poll(async () => {
        await routers[0]!.disconnectUser('ann');
        return routers[1]!.sockets.size;
      })
      .toBe(0);
    for (const client of clients) await client.expectClose(3000, 'Disconnected');
  });

  describe('with history', () => {
    const options: TopicOptions = { history: { size: 20, ttl: 60_000 } };

    test('each message has its place, and who comes back gets what it has missed', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      const first = await here!.open();
      const begun = await here!.hub.topic(name, options).subscribe(first.socket);
      expect(begun).toMatchObject({ recovered: false, offset: 0 });
      const { epoch } = begun!;
      await first.client.expect({ topic: name, subscribed: { epoch, offset: 0, recovered: false } });
      for (const index of range(5)) await there!.hub.topic(name, options).publish(JSON.stringify({ index }));
      for (const index of range(5)) await first.client.expect({ topic: name, offset: index + 1, data: { index } });
      const second = await there!.open();
      const since = { epoch: epoch!, offset: 2 };
      expect(await there!.hub.topic(name, options).subscribe(second.socket, { since })).toEqual({
        epoch,
        offset: 2,
        recovered: true,
      });
      await second.client.next();
      for (const index of [2, 3, 4]) await second.client.expect({ topic: name, offset: index + 1, data: { index } });
      await here!.hub.topic(name, options).publish('"live"');
      await second.client.expect({ topic: name, offset: 6, data: 'live' });
    });

    test('bytes come as they were, live and from the history', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      const bytes = Buffer.from(range(256));
      const live = await there!.open();
      await there!.hub.topic(name, options).subscribe(live.socket);
      await live.client.next();
      await here!.hub.topic(name, options).publish(bytes);
      const late = await here!.open();
      await here!.hub.topic(name, options).subscribe(late.socket, { since: 'oldest' });
      await late.client.next();
      for (const { client } of [live, late]) {
        await client.expect({ topic: name, offset: 1, bytes: bytes.toString('base64') });
      }
    });

    test('who has missed nothing has recovered', async () => {
      const node = await startNode();
      const name = newName();
      const [one, two] = [await node.open(), await node.open()];
      const topic = node.hub.topic(name, options);
      const { epoch } = (await topic.subscribe(one.socket))!;
      expect(await topic.subscribe(two.socket, { since: { epoch: epoch!, offset: 0 } })).toMatchObject({
        recovered: true,
      });
    });

    test('nothing of it is sent where some is gone, the position is of another history, or from the future', async () => {
      const node = await startNode();
      const name = newName();
      const topic = node.hub.topic(name, options);
      for (const index of range(30)) await topic.publish(String(index));
      const { socket, client } = await node.open();
      const { epoch } = (await topic.subscribe(socket))!;
      const current = { epoch, offset: 30, recovered: false };
      await client.expect({ topic: name, subscribed: current });
      for (const since of [
        { epoch: epoch!, offset: 9 },
        { epoch: 'another', offset: 29 },
        { epoch: epoch!, offset: 31 },
      ]) {
        expect(await topic.subscribe(socket, { since })).toEqual(current);
        await client.expect({ topic: name, subscribed: current });
      }
      expect(await topic.subscribe(socket, { since: { epoch: epoch!, offset: 10 } })).toMatchObject({
        recovered: true,
      });
      await client.next();
      for (const index of range(20)) await client.expect({ topic: name, offset: index + 11, data: index + 10 });
      await client.expectNothing(10);
    });

    test('all that is kept is there for who asks for the oldest', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      for (const index of range(25)) await here!.hub.topic(name, options).publish(String(index));
      const { client, socket } = await there!.open();
      const begun = await there!.hub.topic(name, options).subscribe(socket, { since: 'oldest' });
      expect(begun).toMatchObject({ offset: 5, recovered: true });
      await client.next();
      for (const index of range(20)) await client.expect({ topic: name, offset: index + 6, data: index + 5 });
    });

    test('a long history comes whole', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      const long: TopicOptions = { history: { size: 700, ttl: 60_000 } };
      const text = 'x'.repeat(8_192);
      // More than one page, of bytes and of messages.
      for (const index of range(710)) await here!.hub.topic(name, long).publish(JSON.stringify({ index, text }));
      const pair = await there!.open();
      const received = collect(pair);
      await there!.hub.topic(name, long).subscribe(pair.socket, { since: 'oldest' });
      await expect.poll(() => received.data.length).toBe(700);
      expect(received.offsets).toEqual(range(700).map((index) => index + 11));
    });

    test('messages live no longer than the ttl', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      const brief: TopicOptions = { history: { size: 20, ttl: 150 } };
      const { client, socket } = await there!.open();
      await here!.hub.topic(name, brief).publish('1');
      await delay(400);
      const begun = await there!.hub.topic(name, brief).subscribe(socket, { since: 'oldest' });
      expect(begun).toMatchObject({ offset: 1, recovered: true });
      await client.next();
      expect(
        await there!.hub.topic(name, brief).subscribe(socket, { since: { epoch: begun!.epoch!, offset: 0 } }),
      ).toMatchObject({ offset: 1, recovered: false });
    });

    test('from history to live nothing is lost or doubled, while three nodes publish', async () => {
      const nodes = await startNodes(3);
      const name = newName();
      const wide: TopicOptions = { history: { size: 5_000, ttl: 60_000 } };
      let isPublishing = true;
      let published = 0;
      const publishing = nodes.map(async (node) => {
        while (isPublishing) {
          await node.hub.topic(name, wide).publish(String(published++));
          // A broker in this process takes no time, and would leave none to others.
          await setImmediate();
        }
      });
      const data: number[] = [];
      const offsets: number[] = [];
      let since: { epoch: string; offset: number } | 'oldest' = 'oldest';
      for (const round of range(15)) {
        const node = nodes[round % 3]!;
        const pair = await node.open();
        const received = collect(pair);
        const begun = await node.hub.topic(name, wide).subscribe(pair.socket, { since });
        expect(begun!.recovered).toBe(true);
        await expect.poll(() => received.data.length).toBeGreaterThan(20);
        if (round === 14) isPublishing = false;
        if (round === 14) await Promise.all(publishing);
        if (round === 14) await expect.poll(() => received.data.length + data.length).toBe(published);
        pair.socket.terminate();
        data.push(...(received.data as number[]));
        offsets.push(...received.offsets);
        since = { epoch: begun!.epoch!, offset: offsets.at(-1)! };
      }
      expect(offsets).toEqual(range(published).map((index) => index + 1));
      expect(data.toSorted((one, other) => one - other)).toEqual(range(published));
    });
  });

  describe('with presence', () => {
    const options: TopicOptions = { presence: true };

    test('somebody is there once, with however many sockets on however many nodes', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      const events: string[] = [];
      const topics = [here!, there!].map(({ hub }) => hub.topic(name, options));
      topics[0]!.on('join', ({ id }) => events.push(`+${id}`)).on('leave', ({ id }) => events.push(`-${id}`));
      topics[0]!.follow();
      const ann: Person = { id: 'ann', details: { name: 'Ann' } };
      const pairs = [await here!.open(), await here!.open(), await there!.open(), await there!.open()];
      await topics[0]!.subscribe(pairs[0]!.socket, { person: ann });
      await topics[0]!.subscribe(pairs[1]!.socket, { person: ann });
      await topics[1]!.subscribe(pairs[2]!.socket, { person: ann });
      await topics[1]!.subscribe(pairs[3]!.socket, { person: { id: 'bob' } });
      for (const topic of topics) await expect.poll(() => ids(topic.people())).toEqual(['ann', 'bob']);
      expect(topics[1]!.people()).toContainEqual(ann);
      // Who came and went before it is told is not told.
      await expect.poll(() => events).toEqual(['+ann', '+bob']);
      pairs[0]!.socket.terminate();
      pairs[1]!.socket.terminate();
      await expect.poll(() => topics[0]!.size).toBe(0);
      topics[1]!.unsubscribe(pairs[3]!.socket);
      await expect.poll(() => ids(topics[0]!.people())).toEqual(['ann']);
      await expect.poll(() => events).toEqual(['+ann', '+bob', '-bob']);
      topics[1]!.unsubscribe(pairs[2]!.socket);
      await expect.poll(() => topics[0]!.people()).toEqual([]);
      await expect.poll(() => events).toEqual(['+ann', '+bob', '-bob', '-ann']);
    });

    test('who was there before is known to a node that comes later', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      const { socket } = await here!.open();
      await here!.hub.topic(name, options).subscribe(socket, { person: { id: 'ann' } });
      const unfollow = there!.hub.topic(name, options).follow();
      await expect.poll(() => ids(there!.hub.topic(name, options).people())).toEqual(['ann']);
      unfollow();
      expect(there!.hub.topic(name, options).people()).toEqual([]);
    });

    test('a node that is closed takes its people with it at once', async () => {
      const [here, there] = await Promise.all([
        startNode({ presenceInterval: 60_000 }),
        startNode({ presenceInterval: 60_000 }),
      ]);
      const name = newName();
      const [ann, bob] = [await here.open(), await there.open()];
      await here.hub.topic(name, options).subscribe(ann.socket, { person: { id: 'ann' } });
      await there.hub.topic(name, options).subscribe(bob.socket, { person: { id: 'bob' } });
      await expect.poll(() => ids(here.hub.topic(name, options).people())).toEqual(['ann', 'bob']);
      await there.hub.close();
      await expect.poll(() => ids(here.hub.topic(name, options).people())).toEqual(['ann']);
    });

    test('a node that dies without a word takes its people with it', async () => {
      const [here, there] = await startNodes(2);
      const name = newName();
      const [ann, bob] = [await here!.open(), await there!.open()];
      await here!.hub.topic(name, options).subscribe(ann.socket, { person: { id: 'ann' } });
      await there!.hub.topic(name, options).subscribe(bob.socket, { person: { id: 'bob' } });
      await expect.poll(() => ids(here!.hub.topic(name, options).people())).toEqual(['ann', 'bob']);
      await there!.broker.close();
      await expect.poll(() => ids(here!.hub.topic(name, options).people())).toEqual(['ann']);
    });

    test('who is back within the delay has never left', async () => {
      const node = await startNode();
      const topic = node.hub.topic(newName(), { presence: { leaveDelay: 200 }, envelope: true });
      const watcher = await node.open();
      const received = collect(watcher);
      await topic.subscribe(watcher.socket);
      await expect.poll(() => received.notes).toContainEqual({ people: [] });
      for (const _ of range(3)) {
        const { socket } = await node.open();
        await topic.subscribe(socket, { person: { id: 'ann' } });
        await expect.poll(() => topic.people()).toEqual([{ id: 'ann' }]);
        socket.terminate();
        await expect.poll(() => topic.size).toBe(1);
      }
      await expect
        .poll(() => received.notes)
        .toEqual([
          { subscribed: { recovered: false } },
          { people: [] },
          { joined: [{ id: 'ann' }] },
          { left: ['ann'] },
        ]);
    });
  });

  test('a hub that is closed says so', async () => {
    const node = await startNode();
    const topic = node.hub.topic(newName(), { history: true });
    await node.hub.close();
    const error: unknown = await topic.publish('1').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TopicError);
    expect(error).toMatchObject({ code: 'TOPIC_ERR_CLOSED' });
  });
});
