import { describe, expect, onTestFinished, test } from 'vitest';
import { createHub, type Hub, type Subscribed, type Topic } from '../src/index.ts';
import { FaultyBroker } from './faulty-broker.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

const size = 200;

interface Stage {
  readonly broker: FaultyBroker;
  readonly hub: Hub;
  readonly topic: Topic;
}

function setUp(): Stage {
  const broker = new FaultyBroker();
  const hub = createHub({ broker });
  onTestFinished(() => hub.close());
  return { broker, hub, topic: hub.topic('news', { history: { size, ttl: 60_000 } }) };
}

async function subscribe(
  topic: Topic,
  since?: { epoch: string; offset: number },
): Promise<Pair & { begun: Subscribed }> {
  const pair = await new SocketServer().open();
  const begun = await topic.subscribe(pair.socket, since === undefined ? {} : { since });
  await pair.client.next();
  return { ...pair, begun: begun! };
}

async function publish({ broker, topic }: Stage, ...values: number[]): Promise<void> {
  for (const value of values) await topic.publish(String(value));
  expect(broker.held).toEqual([]);
}

describe('a history that goes on in another epoch', () => {
  test('is not a gap for subscribers that have what both have, and they are told of the epoch before its first message', async () => {
    const stage = setUp();
    const { client } = await subscribe(stage.topic);
    await publish(stage, 1, 2);
    for (const offset of [1, 2]) await client.expect({ topic: 'news', offset, data: offset });
    stage.broker.takeover = { epoch: 'next', offset: 2 };
    await publish(stage, 3, 4);
    await client.expect({ topic: 'news', epoch: 'next' });
    for (const offset of [3, 4]) await client.expect({ topic: 'news', offset, data: offset });
    expect(stage.hub.counts.gaps).toBe(0);
  });

  test('is a gap for subscribers that have messages that it does not have', async () => {
    const stage = setUp();
    const { client } = await subscribe(stage.topic);
    await publish(stage, 1, 2);
    for (const offset of [1, 2]) await client.expect({ topic: 'news', offset, data: offset });
    stage.broker.takeover = { epoch: 'next', offset: 1 };
    await publish(stage, 3);
    await client.expect({ topic: 'news', gap: { epoch: 'next', offset: 2 } });
    await client.expect({ topic: 'news', offset: 3, data: 3 });
    expect(stage.hub.counts.gaps).toBe(1);
  });

  test('takes positions of the former epoch up to where both are the same', async () => {
    const stage = setUp();
    const { begun } = await subscribe(stage.topic);
    const { epoch = '' } = begun;
    await publish(stage, 1, 2);
    stage.broker.takeover = { epoch: 'next', offset: 2 };
    await publish(stage, 3, 4);
    await expect.poll(() => stage.topic.feed.position).toEqual({ epoch: 'next', offset: 4 });
    for (const offset of [0, 2]) {
      const { client, begun: again } = await subscribe(stage.topic, { epoch, offset });
      expect(again).toEqual({ epoch: 'next', offset, recovered: true });
      for (let next = offset + 1; next <= 4; next++) await client.expect({ topic: 'news', offset: next, data: next });
    }
    expect((await subscribe(stage.topic, { epoch, offset: 3 })).begun).toMatchObject({ recovered: false });
    expect((await subscribe(stage.topic, { epoch: 'next', offset: 3 })).begun).toMatchObject({ recovered: true });
  });

  test('is known to a node that a client comes to with a position in it before the node has heard of it', async () => {
    const stage = setUp();
    await subscribe(stage.topic);
    await publish(stage, 1, 2);
    stage.broker.takeover = { epoch: 'next', offset: 2 };
    stage.broker.isHolding = true;
    for (const value of [3, 4]) await stage.topic.publish(String(value));
    const { client, begun } = await subscribe(stage.topic, { epoch: 'next', offset: 3 });
    expect(begun).toEqual({ epoch: 'next', offset: 3, recovered: true });
    await client.expect({ topic: 'news', offset: 4, data: 4 });
  });

  test('has a message of the former epoch that comes late once', async () => {
    const stage = setUp();
    const { client } = await subscribe(stage.topic);
    stage.broker.isHolding = true;
    await stage.topic.publish('1');
    stage.broker.isHolding = false;
    const [late] = stage.broker.held.splice(0);
    stage.broker.takeover = { epoch: 'next', offset: 1 };
    await publish(stage, 2);
    await client.expect({ topic: 'news', epoch: 'next' });
    for (const offset of [1, 2]) await client.expect({ topic: 'news', offset, data: offset });
    stage.broker.deliver('news', late!);
    await client.expectNothing();
    expect(stage.hub.counts).toMatchObject({ duplicates: 1, gaps: 0 });
  });

  test('is told at the end of a replay during which it began', async () => {
    const stage = setUp();
    const text = 'x'.repeat(4_096);
    for (let index = 1; index <= size - 50; index++) await stage.topic.publish(JSON.stringify({ index, text }));
    const pair = await new SocketServer({ maxBufferedAmount: 65_536 }).open();
    pair.client.throttle(2_000_000);
    const subscribed = stage.topic.subscribe(pair.socket, { since: 'oldest' });
    const begun = JSON.parse(String(await pair.client.next())) as { readonly subscribed: Subscribed };
    stage.broker.takeover = { epoch: 'next', offset: size - 50 };
    await publish(stage, 1, 2, 3);
    for (let offset = 1; offset <= size - 47; offset++) {
      expect(JSON.parse(String(await pair.client.next({ timeout: 10_000 })))).toMatchObject({ offset });
    }
    await pair.client.expect({ topic: 'news', epoch: 'next' });
    expect(await subscribed).toEqual(begun.subscribed);
  });
});
