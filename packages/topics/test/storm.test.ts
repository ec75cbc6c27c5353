import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createHub,
  MemoryBroker,
  MemoryBus,
  TopicError,
  type Hub,
  type HubOptions,
  type Topic,
  type TopicOptions,
} from '../src/index.ts';
import { FaultyBroker } from './faulty-broker.ts';
import { pretendSockets, SocketServer } from '@turnout/test-kit/socket-server';

const plain: TopicOptions = { envelope: true };
const lost = new TopicError('TOPIC_ERR_BROKER_LOST', 'Away');
const late = new TopicError('TOPIC_ERR_TIMEOUT', 'Late');
const backlog = new TopicError('TOPIC_ERR_BACKLOG', 'Too many');

const manyTopics = process.env['TURNOUT_LONG'] === '1' ? 100_000 : 20_000;

interface Node {
  readonly broker: FaultyBroker;
  readonly hub: Hub;
}

function startNode(bus = new MemoryBus(), options: HubOptions = {}): Node {
  const broker = new FaultyBroker(new MemoryBroker(bus));
  const hub = createHub({ broker, ...options });
  onTestFinished(() => hub.close());
  return { broker, hub };
}

/** What a subscriber receives from now on: data, and the kinds of other messages. */
async function listen(topic: Topic): Promise<unknown[]> {
  const { client, socket } = await new SocketServer().open();
  const received: unknown[] = [];
  client.socket.on('message', (text) => {
    const { topic: _topic, offset: _offset, data, ...note } = JSON.parse(String(text)) as Record<string, unknown>;
    received.push(data ?? Object.keys(note)[0]);
  });
  await topic.subscribe(socket);
  await expect.poll(() => received).toEqual(['subscribed']);
  received.length = 0;
  return received;
}

async function twoNodes(): Promise<{ here: Node; topic: Topic; own: unknown[]; others: unknown[]; there: Node }> {
  const bus = new MemoryBus();
  const [here, there] = [startNode(bus), startNode(bus)];
  const topic = here.hub.topic('news', plain);
  return { here, there, topic, own: await listen(topic), others: await listen(there.hub.topic('news', plain)) };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

describe('a publish', () => {
  test('over a limit is rejected, and does not affect the others', async () => {
    const { here, topic, own, others } = await twoNodes();
    const first = topic.publish('1');
    here.broker.refusal = backlog;
    const second = topic.publish('2');
    here.broker.refusal = undefined;
    const third = topic.publish('3');
    await expect(second).rejects.toBe(backlog);
    expect(await Promise.all([first, third])).toEqual([true, true]);
    for (const received of [own, others]) await expect.poll(() => received).toEqual([1, 3]);
    expect(here.hub.counts).toEqual({ duplicates: 0, gaps: 0, foreign: 0, localOnly: 0 });
  });

  test('of a message that is too long for the server throws immediately', async () => {
    const { here, topic, own } = await twoNodes();
    here.broker.refusal = new TopicError('TOPIC_ERR_TOO_LONG', 'Too long');
    expect(() => topic.publish('1')).toThrow('Too long');
    here.broker.refusal = undefined;
    await topic.publish('2');
    await expect.poll(() => own).toEqual([2]);
    expect(here.hub.counts.gaps).toBe(0);
  });

  test.each(['TOPIC_ERR_TIMEOUT', 'TOPIC_ERR_BROKER', 'TOPIC_ERR_OPTIONS'] as const)(
    'that fails with %s is rejected, and is a gap for all, even if nothing follows it',
    async (code) => {
      const { here, topic, own, others } = await twoNodes();
      await topic.publish('1');
      here.broker.failure = new TopicError(code, 'Failed');
      await expect(topic.publish('2')).rejects.toThrow('Failed');
      await settle();
      here.broker.failure = undefined;
      for (const received of [own, others]) await expect.poll(() => received).toEqual([1, 'gap']);
      await topic.publish('3');
      for (const received of [own, others]) await expect.poll(() => received).toEqual([1, 'gap', 3]);
      expect(here.hub.counts).toMatchObject({ localOnly: 0, duplicates: 0, gaps: 1 });
    },
  );

  test('that fails as the first of its node is a gap too', async () => {
    const { here, topic, own, others } = await twoNodes();
    here.broker.failure = late;
    await expect(topic.publish('1')).rejects.toThrow('Late');
    here.broker.failure = undefined;
    for (const received of [own, others]) await expect.poll(() => received).toEqual(['gap']);
  });

  test('that only seemed to fail is not a gap', async () => {
    const { here, topic, own, others } = await twoNodes();
    const { broker } = here;
    broker.isHolding = true;
    await topic.publish('1');
    const [message] = broker.held.splice(0);
    broker.isHolding = false;
    here.broker.failure = late;
    await expect(topic.publish('2')).rejects.toThrow('Late');
    const sent = { message: { ...message!.message, sequence: 2, data: '2' }, position: null };
    for (const delivered of [message!, sent]) broker.deliver('news', delivered);
    here.broker.failure = undefined;
    await settle();
    await topic.publish('3');
    await expect.poll(() => own).toEqual([1, 2, 3]);
    await expect.poll(() => others).toEqual([1, 'gap', 3]);
  });

  test('while the broker is lost reaches this node, and the others see a gap when it is restored', async () => {
    const { here, topic, own, others } = await twoNodes();
    await topic.publish('1');
    here.broker.failure = lost;
    here.broker.events.onLost(lost);
    expect(await Promise.all([topic.publish('2'), topic.publish('3')])).toEqual([false, false]);
    await expect.poll(() => own).toEqual([1, 2, 3]);
    expect(here.hub.counts).toMatchObject({ localOnly: 2, gaps: 0 });
    here.broker.failure = undefined;
    here.broker.events.onRestored();
    await expect.poll(() => own).toEqual([1, 2, 3, 'gap']);
    await expect.poll(() => others).toEqual([1, 'gap']);
  });

  test('in a burst while the broker is lost is not held back by its limits', async () => {
    const { here, topic, own } = await twoNodes();
    here.broker.events.onLost(lost);
    here.broker.refusal = backlog;
    const numbers = Array.from({ length: 2_000 }, (_, index) => index);
    const results = await Promise.all(numbers.map((number) => topic.publish(String(number))));
    expect(new Set(results)).toEqual(new Set([false]));
    await expect.poll(() => own).toEqual(numbers);
    await expect(here.hub.topic('kept', { history: true }).publish('1')).rejects.toMatchObject({
      code: 'TOPIC_ERR_BROKER_LOST',
    });
  });

  test('by a node without subscribers while the broker is lost is a gap for the others', async () => {
    const bus = new MemoryBus();
    const [here, there] = [startNode(bus), startNode(bus)];
    const others = await listen(there.hub.topic('news', plain));
    here.broker.failure = lost;
    here.broker.events.onLost(lost);
    expect(await here.hub.topic('news', plain).publish('1')).toBe(false);
    here.broker.failure = undefined;
    here.broker.events.onRestored();
    await expect.poll(() => others).toEqual(['gap']);
  });

  test('is announced as a gap as soon as possible, if the announcement fails too', async () => {
    const { here, topic, others } = await twoNodes();
    here.broker.failure = late;
    await expect(topic.publish('1')).rejects.toThrow('Late');
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(others).toEqual([]);
    here.broker.failure = undefined;
    await expect.poll(() => others).toEqual(['gap']);
  });

  test('delivered only locally does not overtake messages that the broker has not answered yet', async () => {
    const { here, topic, own } = await twoNodes();
    let open = (): void => {};
    here.broker.gate = new Promise((resolve) => (open = resolve));
    const first = topic.publish('1');
    here.broker.gate = undefined;
    here.broker.failure = lost;
    const second = topic.publish('2');
    await settle();
    expect(own).toEqual([]);
    open();
    expect(await Promise.all([first, second])).toEqual([true, false]);
    await expect.poll(() => own).toEqual([1, 2]);
    expect(here.hub.counts).toMatchObject({ gaps: 0, duplicates: 0 });
  });

  test('delivered only locally does not overtake messages that the bus has not returned yet', async () => {
    const { here, topic, own } = await twoNodes();
    here.broker.isHolding = true;
    expect(await topic.publish('1')).toBe(true);
    here.broker.isHolding = false;
    here.broker.failure = lost;
    expect(await topic.publish('2')).toBe(false);
    await expect.poll(() => own).toEqual([1, 2]);
    for (const delivered of here.broker.held.splice(0)) here.broker.deliver('news', delivered);
    await settle();
    expect(own).toEqual([1, 2]);
    expect(here.hub.counts).toMatchObject({ gaps: 0, duplicates: 1 });
  });

  test('that was lost on its way back is a gap if later ones have arrived, and is not delivered after them', async () => {
    const { here, there, topic, own } = await twoNodes();
    here.broker.isHolding = true;
    expect(await topic.publish('1')).toBe(true);
    here.broker.held.length = 0;
    here.broker.isHolding = false;
    await there.hub.topic('news', plain).publish('2');
    here.broker.failure = lost;
    expect(await topic.publish('3')).toBe(false);
    await expect.poll(() => own).toEqual([2, 'gap', 3]);
  });

  test('that was lost on its way back is a gap even if later ones arrived before it was confirmed', async () => {
    const { here, there, topic, own } = await twoNodes();
    let open = (): void => {};
    here.broker.gate = new Promise((resolve) => (open = resolve));
    const first = topic.publish('1');
    here.broker.gate = undefined;
    await there.hub.topic('news', plain).publish('2');
    here.broker.isHolding = true;
    open();
    expect(await first).toBe(true);
    here.broker.held.length = 0;
    here.broker.isHolding = false;
    here.broker.failure = lost;
    expect(await topic.publish('3')).toBe(false);
    await expect.poll(() => own).toEqual([2, 'gap', 3]);
  });

  test('while the broker of another node is lost is one gap there, followed by later messages', async () => {
    const { here, there, topic, others } = await twoNodes();
    await topic.publish('1');
    await expect.poll(() => others).toEqual([1]);
    there.broker.events.onLost(lost);
    there.broker.isHolding = true;
    await topic.publish('2');
    there.broker.held.length = 0;
    there.broker.isHolding = false;
    there.broker.events.onRestored();
    await topic.publish('3');
    await topic.publish('4');
    await expect.poll(() => others).toEqual([1, 'gap', 3, 4]);
    expect([here.hub.counts.gaps, there.hub.counts.gaps]).toEqual([0, 1]);
  });

  test('before the first local subscription is not delivered later, when the broker is lost', async () => {
    const { broker, hub } = startNode();
    const topic = hub.topic('news', plain);
    let open = (): void => {};
    broker.gate = new Promise((resolve) => (open = resolve));
    broker.isHolding = true;
    const published = topic.publish('1');
    broker.gate = undefined;
    const received = await listen(topic);
    open();
    expect(await published).toBe(true);
    broker.held.length = 0;
    broker.failure = lost;
    expect(await topic.publish('2')).toBe(false);
    await settle();
    expect(received).not.toContain(1);
    expect(received).toContain(2);
  });

  test('just before the first subscription, but delivered just after it, is not a duplicate', async () => {
    const { broker, hub } = startNode();
    const topic = hub.topic('news', plain);
    let open = (): void => {};
    broker.gate = new Promise((resolve) => (open = resolve));
    const published = topic.publish('1');
    broker.gate = undefined;
    const received = await listen(topic);
    open();
    expect(await published).toBe(true);
    await topic.publish('2');
    await expect.poll(() => received).toEqual([1, 2]);
    expect(hub.counts).toMatchObject({ duplicates: 0, gaps: 0 });
  });

  test('with an excluded socket excludes it even when delivered only locally', async () => {
    const { broker, hub } = startNode();
    const topic = hub.topic('news', plain);
    const [one, two] = await new SocketServer().openMany(2);
    for (const { socket } of [one!, two!]) await topic.subscribe(socket);
    for (const { client } of [one!, two!]) await client.next();
    broker.failure = lost;
    await topic.publish('1', { except: one!.socket });
    await two!.client.expect({ topic: 'news', data: 1 });
    await one!.client.expectNothing();
  });
});

describe('many simultaneous subscriptions', () => {
  test.each([
    ['3,000 topics', 3_000, {}],
    ['3,000 topics with history', 3_000, { history: { size: 1, ttl: 60_000 } }],
    [`${manyTopics} topics`, manyTopics, {}],
  ] as const)('to %s are all delivered to', async (_name, count, options) => {
    const { broker, hub } = startNode();
    const { sockets, heard } = pretendSockets(count);
    const topics = sockets.map((_, index) => hub.topic(`topic ${index}`, options));
    const begun = await Promise.all(topics.map((topic, index) => topic.subscribe(sockets[index]!)));
    expect(begun.filter((subscribed) => subscribed === null)).toEqual([]);
    expect(Math.max(...broker.joins)).toBeLessThanOrEqual(512);
    expect(broker.joins.length).toBeLessThanOrEqual(Math.ceil(count / 512));
    expect(broker.maxPending).toBeLessThanOrEqual(64 + 5);
    const before = heard.slice();
    await Promise.all(topics.map((topic) => topic.publish('1')));
    expect(heard.filter((messages, index) => messages !== before[index]! + 1)).toEqual([]);
    for (const [index, topic] of topics.entries()) topic.unsubscribe(sockets[index]!);
    await expect.poll(() => broker.leaves.reduce((sum, topicCount) => sum + topicCount, 0)).toBe(count);
    expect(broker.leaves.length).toBeLessThanOrEqual(Math.ceil(count / 512));
  });

  test('resolve once they are subscribed, however often the broker fails', async () => {
    const { broker, hub } = startNode();
    const { sockets, heard } = pretendSockets(2_000);
    broker.failure = late;
    let subscribed = 0;
    const all = sockets.map(async (socket, index) => {
      await hub.topic(`topic ${index}`, plain).subscribe(socket);
      subscribed++;
    });
    await expect.poll(() => broker.joins.length).toBeGreaterThan(6);
    expect([subscribed, heard.some((messages) => messages > 0)]).toEqual([0, false]);
    broker.failure = undefined;
    await Promise.all(all);
    await Promise.all(sockets.map((_, index) => hub.topic(`topic ${index}`, plain).publish('1')));
    expect(new Set(heard)).toEqual(new Set([2]));
  });

  test('are not blocked by one topic that the broker refuses', async () => {
    const refused: unknown[] = [];
    const { broker, hub } = startNode();
    hub.on('refused', ({ topic, error }) => refused.push([topic, error.code]));
    const join = broker.join.bind(broker);
    broker.join = async (joins) => {
      if (joins.some(({ topic }) => topic.name === 'topic 7')) throw new TopicError('TOPIC_ERR_BROKER', 'NOPERM');
      return join(joins);
    };
    const { sockets } = pretendSockets(1_000);
    const results = await Promise.allSettled(
      sockets.map((socket, index) => hub.topic(`topic ${index}`).subscribe(socket)),
    );
    const rejected = results.flatMap(({ status }, index) => (status === 'rejected' ? [index] : []));
    expect(rejected).toEqual([7]);
    expect(refused).toEqual([['topic 7', 'TOPIC_ERR_BROKER']]);
    expect(hub.topic('topic 7').size).toBe(0);
  });

  test('while the broker is lost receive from this node, and from all nodes when it is restored', async () => {
    const bus = new MemoryBus();
    const [here, there] = [startNode(bus), startNode(bus)];
    here.broker.failure = lost;
    here.broker.events.onLost(lost);
    const received = await listen(here.hub.topic('news', plain));
    await here.hub.topic('news', plain).publish('1');
    await there.hub.topic('news', plain).publish('2');
    await expect.poll(() => received).toEqual([1]);
    here.broker.failure = undefined;
    const restored = new Promise<void>((resolve) => here.hub.once('restored', resolve));
    here.broker.events.onRestored();
    await restored;
    await there.hub.topic('news', plain).publish('3');
    await expect.poll(() => received).toEqual([1, 'gap', 3]);
  });

  test('that end meanwhile are in no topic, and wait for nothing', async () => {
    const { broker, hub } = startNode();
    const { sockets } = pretendSockets(1);
    broker.failure = late;
    const subscribed = hub.topic('news').subscribe(sockets[0]!);
    await expect.poll(() => broker.joins.length).toBeGreaterThan(0);
    hub.topic('news').unsubscribe(sockets[0]!);
    expect(await subscribed).toBeNull();
    broker.failure = undefined;
    await expect.poll(() => broker.leaves).toEqual([1]);
  });

  test('end when the hub is closed', async () => {
    const { broker, hub } = startNode();
    const { sockets } = pretendSockets(1);
    broker.failure = late;
    const subscribed = hub.topic('news').subscribe(sockets[0]!);
    await expect.poll(() => broker.joins.length).toBeGreaterThan(1);
    await hub.close();
    expect(await subscribed).toBeNull();
  });
});

describe('a lost text between nodes', () => {
  async function linkNodes(): Promise<{
    here: Node;
    there: Node;
    send: (text: string) => Promise<boolean>;
    told: string[];
  }> {
    const bus = new MemoryBus();
    const [here, there] = [startNode(bus), startNode(bus)];
    const told: string[] = [];
    const listen = ({ hub }: Node, name: string) =>
      hub.link(
        'nodes',
        (text) => told.push(`${name} ${text}`),
        () => told.push(`${name} gap`),
      );
    listen(there, 'there');
    const send = listen(here, 'here');
    await send('1');
    await expect.poll(() => told.splice(0)).toEqual(['there 1', 'here 1']);
    return { here, there, send, told };
  }

  test('is a gap for the node that misses it', async () => {
    const { there, send, told } = await linkNodes();
    there.broker.isHolding = true;
    await send('2');
    there.broker.isHolding = false;
    await send('3');
    await expect.poll(() => told.toSorted()).toEqual(['here 2', 'here 3', 'there 3', 'there gap']);
  });

  test('whose sending fails is a gap for all', async () => {
    const { here, send, told } = await linkNodes();
    here.broker.failure = late;
    await expect(send('2')).rejects.toThrow('Late');
    here.broker.failure = undefined;
    await expect.poll(() => told.toSorted()).toEqual(['here gap', 'there gap']);
  });

  test('while the broker is lost is a gap for all, including each listener of a node', async () => {
    const { here, there, send, told } = await linkNodes();
    here.hub.link(
      'nodes',
      () => {},
      () => told.push('here too'),
    );
    here.broker.failure = lost;
    here.broker.events.onLost(lost);
    expect(await send('2')).toBe(false);
    here.broker.failure = undefined;
    here.broker.events.onRestored();
    await expect.poll(() => told.toSorted()).toEqual(['here 2', 'here gap', 'here too', 'there gap']);
    expect(there.hub.counts.gaps).toBe(1);
  });
});

describe('a promise that nobody awaits', () => {
  function watchRejections(): unknown[] {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    onTestFinished(() => void process.off('unhandledRejection', onUnhandled));
    return unhandled;
  }

  test('and that rejects is passed to onError, and does not end the process', async () => {
    const unhandled = watchRejections();
    const errors: unknown[] = [];
    const { broker, hub } = startNode(undefined, { whenLost: 'fail', onError: (error) => errors.push(error) });
    const { socket } = await new SocketServer().open();
    const send = hub.link('nodes', () => {});
    const handle = hub.commands(socket, () => {
      throw lost;
    });
    await hub.topic('news').publish('1');
    broker.failure = lost;
    void hub.topic('news').publish('2');
    await expect.poll(() => errors).toEqual([lost]);
    void send('text');
    await expect.poll(() => errors).toEqual([lost, lost]);
    void hub.topic('other').subscribe(socket);
    await expect.poll(() => errors).toEqual([lost, lost, lost]);
    void handle('{"subscribe":"news"}');
    await expect.poll(() => errors).toEqual([lost, lost, lost, lost]);
    expect(unhandled).toEqual([]);
  });

  test('counts as awaited once it is awaited, caught or chained', async () => {
    const unhandled = watchRejections();
    const errors: unknown[] = [];
    const { broker, hub } = startNode(undefined, { whenLost: 'fail', onError: (error) => errors.push(error) });
    broker.failure = lost;
    const topic = hub.topic('news');
    await expect(topic.publish('1')).rejects.toBe(lost);
    await topic.publish('2').catch(() => {});
    await Promise.allSettled([topic.publish('3'), topic.publish('4').finally(() => {})]);
    await settle();
    expect([errors, unhandled]).toEqual([[], []]);
    broker.failure = undefined;
    expect(await topic.publish('5')).toBe(true);
  });
});
