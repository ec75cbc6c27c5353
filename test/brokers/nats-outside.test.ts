import { setTimeout as delay } from 'node:timers/promises';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { encodeBusMessage, type TopicOptions } from '@turnout/topics';
import { describe, expect, test } from 'vitest';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { collect, type Received, type TestNode } from './cluster.ts';
import { NatsSite } from './nats-site.ts';

const plain: TopicOptions = { envelope: true };
const kept: TopicOptions = { history: { size: 100, ttl: 60_000 } };
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe.skipIf(requireSystemPart('nats-server') === undefined)('publishing to NATS from outside', () => {
  interface Stage {
    readonly site: NatsSite;
    readonly nodes: readonly TestNode[];
    readonly program: NatsConnection;
    /** What a subscriber of each node receives. */
    readonly follow: (topic: string, options: TopicOptions) => Promise<Received[]>;
  }

  async function setUp(hasJetStream = true): Promise<Stage> {
    const site = await NatsSite.start({ hasJetStream });
    const nodes = await Promise.all(range(3).map(() => site.startNode()));
    const follow = (topic: string, options: TopicOptions): Promise<Received[]> =>
      Promise.all(
        nodes.map(async (node) => {
          const pair = await node.open();
          await node.hub.topic(topic, options).subscribe(pair.socket);
          return collect(pair);
        }),
      );
    return { site, nodes, program: await site.connect(), follow };
  }

  test.each([true, false])('JSON reaches the subscribers of every node once (JetStream: %s)', async (hasJetStream) => {
    const { program, follow, nodes } = await setUp(hasJetStream);
    const received = await follow('chat', plain);
    for (const index of range(20))
      program.publish('turnout.publish.json.chat', JSON.stringify({ index, text: 'wörd' }));
    await program.flush();
    for (const { data } of received) {
      await expect.poll(() => data).toEqual(range(20).map((index) => ({ index, text: 'wörd' })));
    }
    await nodes[0]!.hub.topic('chat', plain).publish('"of a node"');
    for (const { data } of received) await expect.poll(() => data.at(-1)).toBe('of a node');
    expect(received.flatMap(({ notes }) => notes).filter((note) => 'gap' in note)).toEqual([]);
    expect(nodes.map(({ hub }) => hub.counts)).toEqual(
      nodes.map(() => ({ duplicates: 0, gaps: 0, foreign: 0, localOnly: 0 })),
    );
  });

  test('messages of a history are stored once, in order, and available to later subscribers', async () => {
    const { site, program, follow, nodes } = await setUp();
    const received = await follow('prices', kept);
    await nodes[0]!.hub.topic('prices', kept).publish('"first"');
    for (const index of range(30)) program.publish('turnout.store.json.prices', String(index));
    const answer = await program.request('turnout.store.json.prices', '"asked"');
    expect(answer.json()).toMatchObject({ seq: 32 });
    const all = ['first', ...range(30), 'asked'];
    for (const { data, offsets } of received) {
      await expect.poll(() => data).toEqual(all);
      expect(offsets).toEqual(range(32).map((index) => index + 1));
    }
    const late = await (await site.startNode()).open();
    const second = await site.startNode();
    const { data } = collect(late);
    expect(await second.hub.topic('prices', kept).subscribe(late.socket, { since: 'oldest' })).toMatchObject({
      recovered: true,
      offset: 0,
    });
    await expect.poll(() => data).toEqual(all);
    expect(nodes.map(({ hub }) => hub.counts.duplicates + hub.counts.gaps + hub.counts.foreign)).toEqual([0, 0, 0]);
  });

  test('the first message of a history is stored once, whichever nodes wait for it', async () => {
    const { site, program, follow } = await setUp();
    const received = await follow('prices', kept);
    expect(
      (await program.request('turnout.store.json.prices', '{"price":1}', { timeout: 5_000 })).json(),
    ).toMatchObject({
      seq: 1,
    });
    program.publish('turnout.store.json.prices', '{"price":2}', { headers: headers() });
    for (const { data } of received) await expect.poll(() => data).toEqual([{ price: 1 }, { price: 2 }]);
    for (const { notes } of received) expect(notes.filter((note) => 'gap' in note)).toEqual([]);
    const streams = await site.streams();
    expect((await streams.info(await streams.find('turnout.store.json.prices'))).state.messages).toBe(2);
  });

  test('many concurrent first messages are all stored once', async () => {
    const { site, program, follow } = await setUp();
    const received = await follow('prices', kept);
    for (const index of range(50)) program.publish('turnout.store.json.prices', String(index));
    for (const { data } of received) {
      await expect.poll(() => [...data].toSorted((one, other) => Number(one) - Number(other))).toEqual(range(50));
    }
    const streams = await site.streams();
    expect((await streams.info(await streams.find('turnout.store.json.prices'))).state.messages).toBe(50);
  });

  test("a node's first message is not mistaken for one of another program", async () => {
    const { follow, nodes } = await setUp();
    const last: TopicOptions = { history: { size: 1, ttl: 60_000 } };
    const received = await follow('state', last);
    await Promise.all(range(20).map((index) => nodes[0]!.hub.topic('state', last).publish(String(index))));
    for (const { data } of received) await expect.poll(() => data.at(-1)).toEqual(19);
    await delay(500);
    expect(nodes.map(({ hub }) => hub.counts.foreign)).toEqual([0, 0, 0]);
  });

  test('a name with special characters is percent-encoded', async () => {
    const { program, follow } = await setUp();
    const names = {
      'room/7 *.>': 'room%2F7%20%2A%2E%3E',
      ä: '%C3%A4',
      "it's (new)!": 'it%27s%20%28new%29%21',
      'a~b': 'a~b',
    };
    for (const [name, token] of Object.entries(names)) {
      const received = await follow(name, plain);
      program.publish(`turnout.publish.json.${token}`, '1');
      for (const { data } of received) await expect.poll(() => data).toEqual([1]);
    }
  });

  test('a message that is not JSON is counted and dropped, and causes no gap', async () => {
    const { program, follow, nodes } = await setUp();
    const chat = await follow('chat', plain);
    const prices = await follow('prices', kept);
    await nodes[0]!.hub.topic('prices', kept).publish('"before"');
    const foreign = ['hello', '{"a":', '', ' ', '\u0000', Buffer.from([0x22, 0xff, 0x22]), 'TURNOUT', '1 2'];
    for (const bytes of foreign) {
      program.publish('turnout.publish.json.chat', bytes);
      program.publish('turnout.store.json.prices', bytes);
    }
    program.publish('turnout.publish.json.chat', '"after"');
    program.publish('turnout.store.json.prices', '"after"');
    for (const { data } of chat) await expect.poll(() => data).toEqual(['after']);
    for (const { data } of prices) await expect.poll(() => data).toEqual(['before', 'after']);
    for (const { notes } of [...chat, ...prices]) expect(notes.filter((note) => 'gap' in note)).toEqual([]);
    for (const { hub } of nodes) expect(hub.counts).toMatchObject({ foreign: 2 * foreign.length, gaps: 0 });
    const late = await nodes[1]!.open();
    const { data } = collect(late);
    await nodes[1]!.hub.topic('prices', kept).subscribe(late.socket, { since: 'oldest' });
    await expect.poll(() => data).toEqual(['before', 'after']);
  });

  test('a message to the wrong subject is dropped and reported', async () => {
    const { program, follow, nodes } = await setUp();
    const received = await follow('prices', kept);
    const refused: string[] = [];
    for (const { hub } of nodes) hub.on('refused', ({ topic, error }) => refused.push(`${topic} ${error.code}`));
    program.publish('turnout.publish.json.prices', '1');
    await expect.poll(() => refused).toEqual(nodes.map(() => 'prices TOPIC_ERR_OPTIONS'));
    expect(received.map(({ data }) => data)).toEqual([[], [], []]);
  });

  test('a message with a forged position in a history reaches nobody', async () => {
    const { program, follow, nodes, site } = await setUp();
    const received = await follow('prices', kept);
    for (const { hub } of nodes) hub.on('refused', () => {});
    const topic = nodes[0]!.hub.topic('prices', kept);
    await topic.publish('"one"');
    const message = encodeBusMessage({ origin: 'x.0', sequence: 1, key: '', data: '"forged"' });
    const streams = await site.streams();
    const stream = await streams.find('turnout.store.json.prices');
    for (const [name, sequence] of [
      ['another', '2'],
      [stream, '0'],
      [stream, '-1'],
      [stream, '1.5'],
      [stream, '1000'],
    ] as const) {
      const forged = headers();
      forged.set('Nats-Stream', name);
      forged.set('Nats-Sequence', sequence);
      program.publish('turnout.live.node.prices', message, { headers: forged });
    }
    await program.flush();
    await topic.publish('"two"');
    for (const { data } of received) await expect.poll(() => data).toEqual(['one', 'two']);
    // All except the one that claims to be far ahead, which is looked up in the history.
    expect(nodes.map(({ hub }) => hub.counts.foreign)).toEqual([4, 4, 4]);
  });

  test('only nodes can send messages to the hub', async () => {
    const { program, nodes } = await setUp();
    const told: string[] = [];
    const send = nodes[0]!.hub.link('users', (text) => told.push(text));
    await expect.poll(() => send('from a node')).toBe(true);
    await expect.poll(() => told).not.toEqual([]);
    program.publish('turnout.publish.json.%00link%3Ausers', '"forged"');
    await program.flush();
    await send('end');
    await expect.poll(() => told.at(-1)).toBe('end');
    expect(new Set(told)).toEqual(new Set(['from a node', 'end']));
    expect(nodes[0]!.hub.counts.foreign).toBe(1);
    const ours = encodeBusMessage({ origin: 'x.0', sequence: 1, key: '', data: 'forged' });
    program.publish('turnout.publish.json.%00link%3Ausers', ours);
    await expect.poll(() => nodes[0]!.hub.counts.foreign).toBe(2);
    expect(new Set(told)).toEqual(new Set(['from a node', 'end']));
  });

  test('a program cannot pretend to be a node', async () => {
    const { program, follow, nodes } = await setUp();
    const received = [...(await follow('chat', plain)), ...(await follow('prices', kept))];
    await nodes[0]!.hub.topic('prices', kept).publish('"of a node"');
    await nodes[0]!.hub.topic('chat', plain).publish('"of a node"');
    const forged = encodeBusMessage({ origin: 'x.0', sequence: 9, key: '', data: '"forged"' });
    program.publish('turnout.publish.json.chat', forged);
    program.publish('turnout.store.json.prices', forged);
    for (const { hub } of nodes) await expect.poll(() => hub.counts.foreign).toBe(2);
    for (const { data } of received) await expect.poll(() => data).toEqual(['of a node']);
  });
});
