import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createHub,
  decodeBusMessage,
  decodeStored,
  encodeBusMessage,
  PendingCalls,
  TopicError,
  type Hub,
  type HubOptions,
  type Topic,
  type TopicOptions,
} from '../src/index.ts';
import { FaultyBroker, type Delivered } from './faulty-broker.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

const history: TopicOptions = { history: { size: 10, ttl: 60_000 } };

async function setUp(
  options: TopicOptions,
  hubOptions: HubOptions = {},
): Promise<{ broker: FaultyBroker; hub: Hub; topic: Topic; pair: Pair }> {
  const broker = new FaultyBroker();
  const hub = createHub({ broker, ...hubOptions });
  onTestFinished(() => hub.close());
  const pair = await new SocketServer().open();
  const topic = hub.topic('news', options);
  await topic.subscribe(pair.socket);
  if (options.history !== undefined) await pair.client.next();
  return { broker, hub, topic, pair };
}

async function held(broker: FaultyBroker, topic: Topic, count: number): Promise<Delivered[]> {
  broker.isHolding = true;
  for (let index = 1; index <= count; index++) await topic.publish(String(index));
  broker.isHolding = false;
  return broker.held.splice(0);
}

describe('a bus that duplicates, loses and reorders messages', () => {
  test('delivers each message of a history once and in order', async () => {
    const { broker, hub, topic, pair } = await setUp(history);
    const [one, two, three, four] = await held(broker, topic, 4);
    for (const message of [two!, one!, one!, four!, three!, two!, four!]) broker.deliver('news', message);
    for (const offset of [1, 2, 3, 4]) await pair.client.expect({ topic: 'news', offset, data: offset });
    await pair.client.expectNothing();
    expect(hub.counts).toMatchObject({ gaps: 0 });
  });

  test('has a lost message of a history read when the next arrives', async () => {
    const { broker, topic, pair } = await setUp(history);
    const [, two] = await held(broker, topic, 2);
    broker.deliver('news', two!);
    for (const offset of [1, 2]) await pair.client.expect({ topic: 'news', offset, data: offset });
  });

  test('has a lost last message of a history read', async () => {
    const { broker, hub, topic, pair } = await setUp(history, { historyCheckInterval: 20 });
    await held(broker, topic, 2);
    for (const offset of [1, 2]) await pair.client.expect({ topic: 'news', offset, data: offset });
    broker.failure = new TopicError('TOPIC_ERR_TIMEOUT', 'Late');
    await pair.client.expectNothing();
    broker.failure = undefined;
    await held(broker, topic, 1);
    await pair.client.expect({ topic: 'news', offset: 3, data: 1 });
    expect(hub.counts).toMatchObject({ duplicates: 0, gaps: 0 });
  });

  test('causes a gap if more is lost than is kept, and the rest is delivered', async () => {
    const { broker, hub, topic, pair } = await setUp(history);
    const all = await held(broker, topic, 25);
    broker.deliver('news', all.at(-1)!);
    const gap = JSON.parse(String(await pair.client.next())) as object;
    expect(gap).toMatchObject({ topic: 'news', gap: { offset: 15 } });
    for (let offset = 16; offset <= 25; offset++) await pair.client.expect({ topic: 'news', offset, data: offset });
    expect(hub.counts.gaps).toBe(1);
  });

  test('without history has duplicates dropped and missing messages announced', async () => {
    const { broker, hub, topic, pair } = await setUp({ envelope: true });
    await pair.client.next();
    const [one, two, three] = await held(broker, topic, 3);
    const gaps: string[] = [];
    topic.on('gap', () => gaps.push('gap'));
    for (const message of [one!, one!, three!, two!, three!]) broker.deliver('news', message);
    await pair.client.expect({ topic: 'news', data: 1 });
    await pair.client.expect({ topic: 'news', gap: {} });
    await pair.client.expect({ topic: 'news', data: 3 });
    await pair.client.expectNothing();
    expect([gaps, hub.counts.duplicates, hub.counts.gaps]).toEqual([['gap'], 3, 1]);
  });

  test('lets a client that resumes at a node that lags behind receive each missed message once', async () => {
    const { broker, hub, topic, pair } = await setUp(history);
    const [one, two, three] = await held(broker, topic, 3);
    broker.deliver('news', one!);
    await pair.client.expect({ topic: 'news', offset: 1, data: 1 });
    const other = await new SocketServer().open();
    const since = { epoch: two!.position!.epoch, offset: 2 };
    expect(await topic.subscribe(other.socket, { since })).toMatchObject({ offset: 2, recovered: true });
    await other.client.expect({ topic: 'news', subscribed: { ...since, recovered: true } });
    await other.client.expect({ topic: 'news', offset: 3, data: 3 });
    broker.deliver('news', three!);
    await other.client.expectNothing();
    expect(hub.counts.gaps).toBe(0);
  });

  test('delivers nothing twice of a history that continues in another epoch with its kept messages', async () => {
    const { broker, hub, topic, pair } = await setUp(history);
    for (const data of ['1', '2']) await topic.publish(data);
    for (const offset of [1, 2]) await pair.client.expect({ topic: 'news', offset, data: offset });
    await held(broker, topic, 1);
    const read = broker.read.bind(broker);
    broker.read = async (...args) => {
      const { position, messages } = await read(...args);
      return { position: { ...position, epoch: 'other' }, messages };
    };
    broker.events.onLost(new Error('Away'));
    broker.events.onRestored();
    await pair.client.expect({ topic: 'news', gap: { epoch: 'other', offset: 2 } });
    await pair.client.expect({ topic: 'news', offset: 3, data: 1 });
    await pair.client.expectNothing();
    expect(hub.counts.gaps).toBe(1);
  });

  test('does not keep reading for a forged position', async () => {
    const { broker, topic, pair } = await setUp(history);
    const [one] = await held(broker, topic, 1);
    broker.deliver('news', { message: one!.message, position: { ...one!.position!, offset: 1_000_000 } });
    await pair.client.expect({ topic: 'news', offset: 1, data: 1 });
    const { reads } = broker;
    await pair.client.expectNothing();
    expect(broker.reads).toBe(reads);
    await topic.publish('2');
    await pair.client.expect({ topic: 'news', offset: 2, data: 2 });
  });

  describe('that answers in a microtask', () => {
    /** A hub that has read this often without a pause never stops. */
    const endless = 100;

    test('with pages that bring a message each is read until all have arrived', async () => {
      const { broker, topic, pair } = await setUp(history);
      const all = await held(broker, topic, 9);
      const position = all.at(-1)!.position!;
      broker.read = async (_, since) => ({ position, messages: [{ offset: since + 1, message: all[since]!.message }] });
      broker.deliver('news', all.at(-1)!);
      await settled();
      for (let offset = 1; offset <= 9; offset++) await pair.client.expect({ topic: 'news', offset, data: offset });
    });

    test('and sends a message of no history with each page is read with pauses', async () => {
      const { broker, topic } = await setUp(history);
      const [one] = await held(broker, topic, 1);
      const stray = { message: one!.message, position: { epoch: 'none', offset: 9 } };
      let reads = 0;
      broker.read = async () => {
        if (++reads < endless) broker.deliver('news', stray);
        return { position: one!.position!, messages: [{ offset: 1, message: one!.message }] };
      };
      broker.deliver('news', stray);
      await settled();
      expect(reads).toBeLessThan(4);
    });

    test('is not asked for a message whose epoch the history does not have, more than once', async () => {
      const { broker, topic, pair } = await setUp(history);
      await topic.publish('1');
      await pair.client.expect({ topic: 'news', offset: 1, data: 1 });
      const [two] = await held(broker, topic, 1);
      let reads = 0;
      const page = { position: two!.position!, messages: [{ offset: 2, message: two!.message }] };
      broker.read = async () => (++reads < endless ? page : { ...page, position: { epoch: 'gone', offset: 1 } });
      broker.deliver('news', { message: two!.message, position: { epoch: 'gone', offset: 1 } });
      await settled();
      expect(reads).toBeLessThan(4);
      await topic.publish('3');
      for (const offset of [2, 3]) await pair.client.expect({ topic: 'news', offset, data: offset === 2 ? 1 : 3 });
    });
  });

  test('is read again if reading a history failed', async () => {
    const { broker, topic, pair } = await setUp(history);
    const [, two] = await held(broker, topic, 2);
    broker.failure = new TopicError('TOPIC_ERR_TIMEOUT', 'Late');
    broker.deliver('news', two!);
    await pair.client.expectNothing();
    broker.failure = undefined;
    for (const offset of [1, 2]) await pair.client.expect({ topic: 'news', offset, data: offset });
  });

  test('that is lost during a read is read when it is restored', async () => {
    const { broker, topic, pair } = await setUp(history);
    const [, two] = await held(broker, topic, 2);
    broker.failure = new TopicError('TOPIC_ERR_BROKER_LOST', 'Away');
    broker.events.onLost(broker.failure);
    broker.events.onLost(broker.failure);
    broker.deliver('news', two!);
    await pair.client.expectNothing();
    broker.failure = undefined;
    broker.events.onRestored();
    broker.events.onRestored();
    for (const offset of [1, 2]) await pair.client.expect({ topic: 'news', offset, data: offset });
  });

  test.each(['TOPIC_ERR_BROKER_LOST', 'TOPIC_ERR_BROKER', 'TOPIC_ERR_OPTIONS'] as const)(
    'that fails with %s when a socket subscribes leaves it unsubscribed',
    async (code) => {
      const { broker, hub } = await setUp({}, { onError: () => {} });
      const { socket } = await new SocketServer().open();
      broker.failure = new TopicError(code, 'Refused');
      await expect(hub.topic('other', history).subscribe(socket)).rejects.toThrow('Refused');
      expect(hub.topic('other', history).size).toBe(0);
      broker.failure = undefined;
      expect(await hub.topic('other', history).subscribe(socket)).toMatchObject({ offset: 0 });
    },
  );

  test('that is late when a socket subscribes is retried until it answers', async () => {
    const { broker, hub } = await setUp({});
    const { socket } = await new SocketServer().open();
    broker.failure = new TopicError('TOPIC_ERR_TIMEOUT', 'Late');
    const subscribed = hub.topic('other', history).subscribe(socket);
    await expect.poll(() => broker.joins.length).toBeGreaterThan(2);
    broker.failure = undefined;
    expect(await subscribed).toMatchObject({ offset: 0 });
  });
});

test('a listener that throws does no harm, and is reported', async () => {
  const broker = new FaultyBroker();
  const errors = new Set<string>();
  const hub = createHub({ broker, onError: (error) => errors.add((error as Error).message) });
  onTestFinished(() => hub.close());
  const fail = (name: string) => () => {
    throw new Error(name);
  };
  const topic = hub.topic('room', { presence: true });
  topic.on('join', fail('join')).on('leave', fail('leave')).on('gap', fail('gap'));
  const failLate =
    (name: string): (() => void) =>
    async () =>
      fail(name)();
  hub.on('restored', failLate('late'));
  hub.on('lost', fail('lost')).on('restored', fail('restored')).on('foreign', fail('foreign'));
  await hub.link('nodes', fail('link'))('text');
  const { client, socket } = await new SocketServer().open();
  await topic.subscribe(socket, { person: { id: 'ann' } });
  broker.events.onForeign('room', 'it is foreign');
  broker.events.onLost(new Error('away'));
  broker.events.onRestored();
  await topic.publish('still here');
  await client.expect('still here');
  // A person who joins and leaves immediately is not announced.
  await expect.poll(() => errors.has('join')).toBe(true);
  topic.unsubscribe(socket);
  // The listener that throws is called before the others.
  await expect
    .poll(() => errors)
    .toEqual(new Set(['foreign', 'gap', 'join', 'late', 'leave', 'link', 'lost', 'restored']));
});

describe('calls to a broker', () => {
  const limits = { maxPendingMessages: 2, maxPendingBytes: 10, timeout: 50 };
  const never = (): Promise<never> => new Promise(() => {});

  test('are limited in number and bytes', async () => {
    const calls = new PendingCalls(limits);
    const first = calls.publish(8, never);
    expect(catchError(() => calls.publish(3, never))).toMatchObject({
      code: 'TOPIC_ERR_BACKLOG',
      message: '8 bytes are already pending (maxPendingBytes 10)',
    });
    const second = calls.publish(2, never);
    expect(() => calls.publish(0, never)).toThrow('2 messages are already pending (maxPendingMessages)');
    await expect(first).rejects.toMatchObject({ code: 'TOPIC_ERR_TIMEOUT' });
    await expect(second).rejects.toThrow('The broker has not answered within 50 ms');
    expect(await calls.publish(20, async () => 'alone')).toBe('alone');
  });

  test('time out individually', async () => {
    const calls = new PendingCalls(limits);
    const first = calls.run(never);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const second = calls.run(never);
    await expect(first).rejects.toThrow('within 50 ms');
    await expect(second).rejects.toThrow('within 50 ms');
  });

  test("report the broker's error", async () => {
    const cause = new Error('WRONGTYPE');
    await expect(new PendingCalls(limits).run(async () => Promise.reject(cause))).rejects.toMatchObject({
      code: 'TOPIC_ERR_BROKER',
      message: 'The broker has failed: WRONGTYPE',
      cause,
    });
  });
});

function catchError(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

test('only the part after a missing message of a history counts', () => {
  const entries = [1, 2, 4, 5].map((offset) => ({
    offset,
    bytes: encodeBusMessage({ origin: 'node', sequence: offset, key: '', data: String(offset) }),
  }));
  expect(decodeStored(entries, () => {}).map(({ offset }) => offset)).toEqual([4, 5]);
});

test('additions of a later version to the header of a message are ignored, and another format is not accepted', () => {
  const ours = encodeBusMessage({ origin: 'node', sequence: 1, key: 'k', data: 'text' });
  const head = JSON.parse(ours.toString('utf8', 4, 4 + ours.readUInt16BE(2))) as object;
  const later = Buffer.from(JSON.stringify({ ...head, traced: 'since version N' }));
  const start = Buffer.from(ours.subarray(0, 4));
  start.writeUInt16BE(later.length, 2);
  expect(decodeBusMessage(Buffer.concat([start, later, Buffer.from('text')]))).toEqual(decodeBusMessage(ours));
  ours[1] = 2;
  expect(() => decodeBusMessage(ours)).toThrow('Turnout message of version 2, expected 1');
});

describe('a hub that closes', () => {
  test('waits for pending publishes, and accepts no more', async () => {
    const { broker, hub, topic } = await setUp({});
    let open = (): void => {};
    broker.gate = new Promise((resolve) => (open = resolve));
    const before = topic.publish('before');
    let isClosed = false;
    const closed = hub.close().then(() => (isClosed = true));
    const again = hub.close();
    await expect(topic.publish('late')).rejects.toMatchObject({ code: 'TOPIC_ERR_CLOSED' });
    await settled();
    expect(isClosed).toBe(false);
    open();
    expect(await before).toBe(true);
    await Promise.all([closed, again]);
    expect(() => hub.link('users', () => {})).toThrow('The hub is closed');
  });
});

/** Resolves after all pending callbacks of this process. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}
