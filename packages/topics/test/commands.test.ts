import { describe, expect, onTestFinished, test } from 'vitest';
import { createHub, parsePosition, TopicError, type Admit, type Hub } from '../src/index.ts';
import { FaultyBroker } from './faulty-broker.ts';
import { SocketServer, type Pair } from '@turnout/test-kit/socket-server';

interface Served extends Pair {
  readonly hub: Hub;
  /** The messages that were not commands. */
  readonly others: string[];
  readonly errors: unknown[];
}

async function serve(admit: (hub: Hub) => Admit, options: Parameters<typeof createHub>[0] = {}): Promise<Served> {
  const hub = createHub(options);
  onTestFinished(() => hub.close());
  const server = new SocketServer();
  const pair = await server.open();
  const handle = hub.commands(pair.socket, admit(hub));
  const others: string[] = [];
  pair.socket.on('message', async (data) => {
    if (!(await handle(data))) others.push(String(data));
  });
  return { ...pair, hub, others, errors: server.errors };
}

const all =
  (hub: Hub): Admit =>
  (name) =>
    hub.topic(name, { envelope: true });

describe('a client that subscribes with commands', () => {
  test('receives messages until it unsubscribes', async () => {
    const { client, hub } = await serve(all);
    client.send('{"subscribe":"news"}');
    await client.expect({ topic: 'news', subscribed: { recovered: false } });
    await hub.topic('news', { envelope: true }).publish('1');
    await client.expect({ topic: 'news', data: 1 });
    client.send(' { "unsubscribe" : "news" }');
    await expect.poll(() => hub.topic('news', { envelope: true }).size).toBe(0);
    client.send('{"unsubscribe":"never"}');
    client.send('{"ping":true}');
    await client.expect({ pong: true });
  });

  test('has all other messages passed to the application', async () => {
    const { client, others } = await serve(all);
    const messages = ['hello', '{"x":1}', '{"subscribe":', '{"subscribe":7}', '{"ping":1}', '[{"subscribe":"news"}]'];
    for (const message of messages) client.send(message);
    await expect.poll(() => others).toEqual(messages);
  });

  test('gets an answer when it is refused a topic', async () => {
    const asked: string[] = [];
    const { client, hub } = await serve((own) => (name) => {
      asked.push(name);
      return name === 'own' ? own.topic('own', { history: true }) : null;
    });
    client.send('{"subscribe":"secret"}');
    await client.expect({ topic: 'secret', refused: 'Not allowed' });
    for (const since of ['7', '"newest"', '{}', '{"epoch":1,"offset":1}', '{"epoch":"e","offset":-1}']) {
      client.send(`{"subscribe":"own","since":${since}}`);
      await client.expect({ topic: 'own', refused: 'Malformed "since"' });
    }
    client.send('{"subscribe":"own","since":"oldest"}');
    await client.next();
    client.send('{"subscribe":"own"}');
    await client.next();
    expect([asked, hub.topic('own', { history: true }).size]).toEqual([['secret', 'own', 'own'], 1]);
  });

  test('no longer receives a topic after a refusal', async () => {
    const { client, hub } = await serve((own) => (name) => own.topic(name, { history: true }));
    const topic = hub.topic('own', { history: true });
    client.send('{"subscribe":"own"}');
    await client.next();
    client.send('{"subscribe":"own","since":7}');
    await client.expect({ topic: 'own', refused: 'Malformed "since"' });
    await topic.publish('1');
    client.send('{"ping":true}');
    await client.expect({ pong: true });
    expect(topic.size).toBe(0);
  });

  test('is refused with an invalid person, and occupies no slot', async () => {
    const hub = createHub({ maxTopicsPerSocket: 3 });
    onTestFinished(() => hub.close());
    const { client, socket } = await new SocketServer().open();
    const person = { id: 'x'.repeat(1_000) };
    const handle = hub.commands(socket, (name) =>
      name === 'free' ? hub.topic(name, { envelope: true }) : { topic: hub.topic(name, { presence: true }), person },
    );
    const faults: unknown[] = [];
    socket.on('message', (data) => void handle(data).catch((error: unknown) => faults.push(error)));
    for (let index = 0; index < 5; index++) {
      client.send(`{"subscribe":"room ${index}"}`);
      await client.expect({ topic: `room ${index}`, refused: 'Cannot be subscribed to' });
    }
    client.send('{"subscribe":"free"}');
    await client.expect({ topic: 'free', subscribed: { recovered: false } });
    expect(faults).toHaveLength(5);
  });

  test('with the position of another client is authorized like any other', async () => {
    let mayRead = true;
    const { client, hub } = await serve((own) => (name) => (mayRead ? own.topic(name, { history: true }) : null));
    await hub.topic('own', { history: true }).publish('"secret"');
    client.send('{"subscribe":"own","since":"oldest"}');
    const { subscribed } = JSON.parse(String(await client.next())) as { subscribed: { epoch: string } };
    await client.expect({ topic: 'own', offset: 1, data: 'secret' });
    client.send('{"unsubscribe":"own"}');
    mayRead = false;
    client.send(JSON.stringify({ subscribe: 'own', since: { epoch: subscribed.epoch, offset: 0 } }));
    await client.expect({ topic: 'own', refused: 'Not allowed' });
    await client.expectNothing();
  });

  test('may send keys in any order, and null for an absent key', async () => {
    const { client, hub } = await serve((own) => (name) => own.topic(name, { history: true }));
    await hub.topic('own', { history: true }).publish('1');
    client.send('{"since":"oldest","subscribe":"own"}');
    await client.next();
    await client.expect({ topic: 'own', offset: 1, data: 1 });
    client.send('{"ping":null,"since":null,"subscribe":"own","unsubscribe":null,"version":2}');
    expect(JSON.parse(String(await client.next()))).toMatchObject({ subscribed: { offset: 1, recovered: false } });
    client.send('{"since":null,"unsubscribe":"own"}');
    client.send('{"version":2,"ping":true}');
    await client.expect({ pong: true });
    expect(hub.topic('own', { history: true }).size).toBe(0);
  });

  test('has a few topics authorized at a time, in order, and only the latest request for a name', async () => {
    const asked: string[] = [];
    const waiting: (() => void)[] = [];
    const { client, hub } = await serve((own) => async (name) => {
      asked.push(name);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return own.topic(name, { envelope: true });
    });
    for (let index = 0; index < 20; index++) client.send(JSON.stringify({ subscribe: `topic ${index}` }));
    for (let index = 0; index < 1_000; index++) {
      client.send('{"subscribe":"topic 19"}');
      client.send('{"unsubscribe":"topic 18"}');
      client.send('{"subscribe":"topic 18"}');
    }
    client.send('{"unsubscribe":"topic 17"}');
    client.send('{"ping":true}');
    await client.expect({ pong: true });
    expect(asked).toHaveLength(8);
    for (; waiting.length > 0; await new Promise((resolve) => setImmediate(resolve))) waiting.shift()!();
    expect(asked).toEqual([...Array.from({ length: 17 }, (_, index) => `topic ${index}`), 'topic 19', 'topic 18']);
    await expect.poll(() => hub.topic('topic 18', { envelope: true }).size).toBe(1);
    expect(hub.topic('topic 17', { envelope: true }).size).toBe(0);
  });

  test('is unsubscribed if it asks for a topic again and is refused', async () => {
    let mayRead = true;
    const { client, hub } = await serve((own) => (name) => (mayRead ? own.topic(name, { envelope: true }) : null));
    client.send('{"subscribe":"news"}');
    await client.next();
    mayRead = false;
    client.send('{"subscribe":"news"}');
    await client.expect({ topic: 'news', refused: 'Not allowed' });
    expect(hub.topic('news', { envelope: true }).size).toBe(0);
  });

  test('gets the reason why a name is invalid, and the application is not asked', async () => {
    const { client, errors } = await serve(all);
    client.send(JSON.stringify({ subscribe: 'a\nb' }));
    await client.expect({ topic: 'a\nb', refused: 'Invalid topic name: it holds control characters' });
    client.send(JSON.stringify({ subscribe: '' }));
    await client.expect({ topic: '', refused: "Invalid topic name: expected a string that is not empty, got ''" });
    expect(errors).toEqual([]);
  });

  test('may subscribe to a limited number of topics', async () => {
    const { client } = await serve(all, { maxTopicsPerSocket: 1 });
    client.send('{"subscribe":"one"}');
    await client.next();
    client.send('{"subscribe":"two"}');
    await client.expect({ topic: 'two', refused: 'More than 1 topics (maxTopicsPerSocket)' });
  });

  test('that unsubscribes while it is being authorized is not subscribed', async () => {
    let admit: (() => void) | undefined;
    const { client, hub } = await serve((own) => async (name) => {
      await new Promise<void>((resolve) => (admit = resolve));
      return own.topic(name, { envelope: true });
    });
    client.send('{"subscribe":"news"}');
    await expect.poll(() => admit).toBeDefined();
    client.send('{"unsubscribe":"news"}');
    client.send('{"ping":true}');
    await client.next();
    admit!();
    await client.expectNothing();
    expect(hub.topic('news', { envelope: true }).size).toBe(0);
  });

  test('is closed with 1011 if the application fails, and with 1013 if the broker does', async () => {
    const failing = await serve(() => () => {
      throw new Error('Broken');
    });
    failing.client.send('{"subscribe":"news"}');
    await failing.client.expectClose(1011);
    expect(failing.errors).toMatchObject([{ message: 'Broken' }]);
    const raw = await serve((hub) => (name) => hub.topic(name));
    raw.client.send('{"subscribe":"news"}');
    await raw.client.expectClose(1011);
    expect(raw.errors).toMatchObject([
      { message: 'Invalid topic news: topics that clients subscribe to by command need an envelope' },
    ]);
    const broker = new FaultyBroker();
    broker.failure = new TopicError('TOPIC_ERR_BROKER_LOST', 'Away');
    const away = await serve((hub) => (name) => hub.topic(name, { history: true }), { broker });
    away.client.send('{"subscribe":"news"}');
    await away.client.expectClose(1013, 'The broker cannot be reached');
    broker.failure = undefined;
  });

  test('that nests objects very deeply costs nothing', async () => {
    const { client, others } = await serve(all);
    const deep = `{"subscribe":${'['.repeat(10_000)}`;
    client.send(deep);
    client.send(`{"subscribe":"__proto__","__proto__":{"polluted":true}}`);
    await client.expect({ topic: '__proto__', subscribed: { recovered: false } });
    expect([others, ({} as { polluted?: true }).polluted]).toEqual([[deep], undefined]);
  });
});

test('an invalid position is not accepted', () => {
  expect(parsePosition({ epoch: 'e', offset: 1 })).toEqual({ epoch: 'e', offset: 1 });
  for (const value of [
    undefined,
    null,
    7,
    'e',
    {},
    { epoch: 'e' },
    { epoch: 'x'.repeat(65), offset: 1 },
    { epoch: 'e', offset: 0.5 },
  ]) {
    expect(parsePosition(value)).toBeUndefined();
  }
});

test.each([[null], [{}], [{ id: '' }], [{ id: 7 }], [{ id: 'ann', details: () => {} }]])(
  'an invalid person is rejected: %j',
  async (person) => {
    const hub = createHub();
    onTestFinished(() => hub.close());
    const { socket } = await new SocketServer().open();
    await expect(hub.topic('room', { presence: true }).subscribe(socket, { person: person as never })).rejects.toThrow(
      /Invalid (person|details)/,
    );
    await expect(hub.topic('plain').subscribe(socket, { since: 'oldest' })).rejects.toThrow(
      'Invalid since: topic plain has no history',
    );
  },
);
