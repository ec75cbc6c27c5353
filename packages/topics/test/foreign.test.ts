import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createHub, MemoryBroker, MemoryBus, type BusMessage, type Hub, type TopicOptions } from '../src/index.ts';
import { PublisherSequences } from '../src/feed/publisher-sequences.ts';
import { FaultyBroker } from './faulty-broker.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

const plain: TopicOptions = { envelope: true };
const history: TopicOptions = { history: { size: 10, ttl: 60_000 } };

interface Parts {
  readonly broker: FaultyBroker;
  readonly hub: Hub;
  /** Another node of the bus. */
  readonly other: Hub;
  readonly pair: Pair;
  readonly foreign: string[];
}

async function setUp(options: TopicOptions): Promise<Parts> {
  const bus = new MemoryBus();
  const broker = new FaultyBroker(new MemoryBroker(bus));
  const hub = createHub({ broker });
  const other = createHub({ broker: new MemoryBroker(bus) });
  onTestFinished(async () => {
    await Promise.all([hub.close(), other.close()]);
  });
  const foreign: string[] = [];
  hub.on('foreign', ({ reason }) => foreign.push(reason));
  const pair = await new SocketServer().open();
  await hub.topic('news', options).subscribe(pair.socket);
  await pair.client.next();
  return { broker, hub, other, pair, foreign };
}

/** A message of the other node, which the test can change. */
async function capture({ broker, other }: Parts, options: TopicOptions, data: string): Promise<BusMessage> {
  broker.isHolding = true;
  await other.topic('news', options).publish(data);
  broker.isHolding = false;
  return broker.held.splice(0)[0]!.message;
}

const message = (origin: string, sequence: number): BusMessage => ({ origin, sequence, key: '', data: '' });

describe('a forged sequence', () => {
  test.each([1_000_000, Number.MAX_SAFE_INTEGER, 200])('as high as %d silences no publisher', async (sequence) => {
    const parts = await setUp(plain);
    const { broker, hub, other, pair } = parts;
    const first = await capture(parts, plain, '1');
    broker.deliver('news', { message: first, position: null });
    await pair.client.expect({ topic: 'news', data: 1 });
    broker.deliver('news', { message: { ...first, sequence, data: '"forged"' }, position: null });
    await pair.client.expect({ topic: 'news', gap: {} });
    await pair.client.expect({ topic: 'news', data: 'forged' });
    await other.topic('news', plain).publish('2');
    await pair.client.expect({ topic: 'news', data: 2 });
    await other.topic('news', plain).publish('3');
    await pair.client.expect({ topic: 'news', data: 3 });
    expect(hub.counts).toMatchObject({ foreign: 1, gaps: 1, duplicates: 0 });
  });

  test('before its node has published anything silences no publisher', async () => {
    const parts = await setUp(plain);
    const { broker, other, pair } = parts;
    const first = await capture(parts, plain, '1');
    broker.deliver('news', { message: { ...first, sequence: 7_777, data: '"forged"' }, position: null });
    await pair.client.expect({ topic: 'news', data: 'forged' });
    await other.topic('news', plain).publish('2');
    await pair.client.expect({ topic: 'news', data: 2 });
  });

  test('of the receiving node itself is dropped and counted', async () => {
    const parts = await setUp(plain);
    const { broker, hub, pair, foreign } = parts;
    broker.isHolding = true;
    await hub.topic('news', plain).publish('1');
    broker.isHolding = false;
    const own = broker.held.splice(0)[0]!.message;
    broker.deliver('news', { message: { ...own, sequence: 2, data: '"forged"' }, position: null });
    broker.deliver('news', { message: { ...own, data: '"forged"' }, position: null });
    await pair.client.expect({ topic: 'news', data: 1 });
    await hub.topic('news', plain).publish('2');
    await pair.client.expect({ topic: 'news', data: 2 });
    expect(foreign).toEqual(['its sequence is forged']);
  });

  test('in a mark is a gap, and silences no publisher', async () => {
    const parts = await setUp(plain);
    const { broker, other, pair } = parts;
    const first = await capture(parts, plain, '1');
    broker.deliver('news', { message: first, position: null });
    await pair.client.expect({ topic: 'news', data: 1 });
    broker.deliver('news', { message: { ...first, sequence: 5_000, data: '', mark: true }, position: null });
    await pair.client.expect({ topic: 'news', gap: {} });
    await other.topic('news', plain).publish('2');
    await pair.client.expect({ topic: 'news', data: 2 });
  });

  test('is detected at any point, and no message is delivered twice', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.constant('true' as const) },
      { weight: 1, arbitrary: fc.constant('again' as const) },
      { weight: 1, arbitrary: fc.integer({ min: 2, max: Number.MAX_SAFE_INTEGER }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sequences = new PublisherSequences();
        const forged = new Set(steps.filter((each) => typeof each === 'number'));
        const delivered: number[] = [];
        let sequence = 0;
        const note = (each: number): void => {
          if (sequences.note(message('node', each)) !== 'duplicate') delivered.push(each);
        };
        for (const each of steps) {
          if (each === 'again') note(Math.max(1, sequence));
          else note(each === 'true' ? ++sequence : each);
        }
        // However it was misled, it recovers after some messages.
        for (let more = 0; more < 10; more++) note(++sequence);
        expect(delivered.at(-1)).toBe(sequence);
        const genuine = delivered.filter((each) => each <= sequence && !forged.has(each));
        expect(genuine).toEqual([...new Set(genuine)]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('data that is not JSON', () => {
  test('is not put into an envelope', async () => {
    const parts = await setUp(plain);
    const { broker, hub, other, pair, foreign } = parts;
    const first = await capture(parts, plain, '1');
    broker.deliver('news', { message: { ...first, data: '1},"x":{' }, position: null });
    broker.deliver('news', { message: first, position: null });
    await pair.client.expect({ topic: 'news', data: 1 });
    await other.topic('news', plain).publish(Buffer.from([1, 2]));
    await pair.client.expect({ topic: 'news', bytes: 'AQI=' });
    expect(foreign).toHaveLength(1);
    expect(hub.counts).toMatchObject({ foreign: 1, gaps: 0 });
  });

  test('in a history is skipped, live and on resume', async () => {
    const { hub, broker, other, pair } = await setUp(history);
    const topic = hub.topic('news', history);
    await topic.publish('1');
    const raw: BusMessage = { origin: 'somebody', sequence: 1, key: '', data: 'not JSON' };
    await broker.publish({ name: 'news', history: { size: 10, ttl: 60_000 } }, raw);
    await topic.publish('3');
    for (const offset of [1, 3]) await pair.client.expect({ topic: 'news', offset, data: offset });
    for (const node of [hub, other]) {
      const late = await new SocketServer().open();
      await node.topic('news', history).subscribe(late.socket, { since: 'oldest' });
      expect(JSON.parse(String(await late.client.next()))).toMatchObject({
        subscribed: { offset: 0, recovered: true },
      });
      for (const offset of [1, 3]) await late.client.expect({ topic: 'news', offset, data: offset });
      expect(node.counts.foreign).toBeGreaterThan(0);
      expect(node.counts.gaps).toBe(0);
    }
  });
});

describe('a message that is not in the history', () => {
  test('in the place of the next one is corrected by the next one', async () => {
    const parts = await setUp(history);
    const { broker, other, pair } = parts;
    const { epoch } = parts.hub.topic('news', history).feed.position!;
    broker.deliver('news', { message: message('forger', 1), position: { epoch, offset: 1 } });
    await other.topic('news', history).publish('1');
    // An empty text is not JSON: the forged message was dropped.
    await pair.client.expect({ topic: 'news', gap: { epoch, offset: 0 } });
    await pair.client.expect({ topic: 'news', offset: 1, data: 1 });
    await other.topic('news', history).publish('2');
    await pair.client.expect({ topic: 'news', offset: 2, data: 2 });
  });

  test('in the place of an older one is ignored and counted', async () => {
    const { broker, hub, other, pair, foreign } = await setUp(history);
    for (const offset of [1, 2, 3]) {
      await other.topic('news', history).publish(String(offset));
      await pair.client.expect({ topic: 'news', offset, data: offset });
    }
    const { epoch } = hub.topic('news', history).feed.position!;
    broker.deliver('news', { message: { ...message('forger', 1), data: '0' }, position: { epoch, offset: 2 } });
    await expect.poll(() => foreign).toEqual(['message was never in the history']);
    await other.topic('news', history).publish('4');
    await pair.client.expect({ topic: 'news', offset: 4, data: 4 });
    expect(hub.counts.gaps).toBe(0);
  });

  test('but is in that of a server that took over causes a gap, and its offset is delivered again', async () => {
    const { broker, hub, other, pair } = await setUp(history);
    for (const offset of [1, 2]) {
      await other.topic('news', history).publish(String(offset));
      await pair.client.expect({ topic: 'news', offset, data: offset });
    }
    const { epoch } = hub.topic('news', history).feed.position!;
    const stored = { offset: 2, message: { ...message('third', 1), data: '"instead of 2"' } };
    broker.read = async (_topic, since) => ({
      position: { epoch, offset: 2 },
      messages: since < 2 ? [stored] : [],
    });
    broker.events.onLost(new Error('Failover'));
    broker.events.onRestored();
    await pair.client.expect({ topic: 'news', gap: { epoch, offset: 1 } });
    await pair.client.expect({ topic: 'news', offset: 2, data: 'instead of 2' });
    expect(hub.counts.foreign).toBe(0);
  });
});
