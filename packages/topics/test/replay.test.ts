import { describe, expect, onTestFinished, test } from 'vitest';
import { createHub, type Hub, type Topic } from '../src/index.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

const size = 200;
const text = 'x'.repeat(4_096);

/** A topic with more history than a socket may have unsent. */
async function setUp(): Promise<{ hub: Hub; topic: Topic; pair: Pair }> {
  const hub = createHub();
  onTestFinished(() => hub.close());
  const topic = hub.topic('long', { history: { size, ttl: 60_000 }, presence: true });
  for (let index = 1; index <= size; index++) await topic.publish(JSON.stringify({ index, text }));
  const pair = await new SocketServer({ maxBufferedAmount: 65_536 }).open();
  return { hub, topic, pair };
}

/** What a client receives up to the message of an offset: offsets, and the kinds of other messages. */
async function readTo({ client }: Pair, last: number): Promise<(number | string)[]> {
  const read: (number | string)[] = [];
  while (read.at(-1) !== last) {
    const {
      topic: _topic,
      offset,
      ...rest
    } = JSON.parse(String(await client.next({ timeout: 10_000 }))) as {
      readonly topic: string;
      readonly offset?: number;
    };
    read.push(offset ?? Object.keys(rest)[0]!);
  }
  return read;
}

/** The next presence message of a client. */
async function untilPeople({ client }: Pair): Promise<unknown> {
  for (;;) {
    const { people } = JSON.parse(String(await client.next())) as { readonly people?: unknown };
    if (people !== undefined) return people;
  }
}

const offsets = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('a long history', () => {
  test('is sent as fast as a slow client accepts it, followed by live messages', async () => {
    const { topic, pair } = await setUp();
    pair.client.throttle(2_000_000);
    const begun: unknown[] = [];
    const subscribed = topic.subscribe(pair.socket, {
      since: 'oldest',
      person: { id: 'ann' },
      onSubscribed: (how) => begun.push(how),
    });
    await pair.client.next();
    expect(begun).toEqual([]);
    for (let index = size + 1; index <= size + 50; index++) await topic.publish(JSON.stringify({ index, text }));
    const reading = readTo(pair, size + 50);
    expect(await subscribed).toMatchObject({ offset: 0, recovered: true });
    expect(begun).toHaveLength(1);
    await topic.publish('"end"');
    const read = [...(await reading), ...(await readTo(pair, size + 51))];
    expect(read.filter((each) => typeof each === 'number')).toEqual(offsets(1, size + 51));
    // The presence is sent in the next turn, so it follows the message published in this one.
    expect(await untilPeople(pair)).toEqual([{ id: 'ann' }]);
    expect(pair.socket.readyState).toBe(pair.socket.OPEN);
  });

  test('that grows faster than a client accepts it causes a gap', async () => {
    const { hub, topic, pair } = await setUp();
    pair.client.throttle(500_000);
    const subscribed = topic.subscribe(pair.socket, { since: 'oldest' });
    await pair.client.next();
    for (let index = 0; index < 3 * size; index++) await topic.publish('1');
    pair.client.throttle(Infinity);
    await subscribed;
    await topic.publish('"end"');
    const read = await readTo(pair, 4 * size + 1);
    const gap = read.indexOf('gap');
    expect(read.slice(0, gap)).toEqual(offsets(1, gap));
    expect(read.slice(gap)).toEqual(['gap', 4 * size + 1]);
    // Only its own loss.
    expect(hub.counts.gaps).toBe(0);
    expect(topic.counts.dropped).toBe(4 * size - gap);
  });

  test('stops for a client that has closed or unsubscribed meanwhile', async () => {
    const { topic, pair } = await setUp();
    pair.client.throttle(100_000);
    const left = topic.subscribe(pair.socket, { since: 'oldest' });
    await pair.client.next();
    topic.unsubscribe(pair.socket);
    pair.client.throttle(Infinity);
    expect(await left).toBeNull();
    const gone = topic.subscribe(pair.socket, { since: 'oldest' });
    pair.client.throttle(100_000);
    pair.socket.terminate();
    expect(await gone).toBeNull();
    expect(topic.size).toBe(0);
  });
});
