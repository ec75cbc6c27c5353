import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createClient, type Client, type TopicHandlers } from '../src/index.ts';
import { FakeNetwork, type FakeWebSocket } from './fake-network.ts';

afterEach(() => vi.useRealTimers());

/** Records the calls of a topic's handlers. */
function recorder() {
  const told: unknown[] = [];
  const handlers: TopicHandlers = {
    onMessage: (data) => told.push(data),
    onSubscribed: ({ recovered }) => told.push(recovered ? 'recovered' : 'subscribed'),
    onGap: () => told.push('gap'),
    onPeople: (people) =>
      told.push(people.map(({ id, details }) => (details === undefined ? id : `${id}: ${details as string}`))),
    onCount: (count) => told.push(`count ${count}`),
    onRefused: (reason) => told.push(`refused: ${reason}`),
  };
  return { told, handlers };
}

async function open(): Promise<{ client: Client; socket: FakeWebSocket; network: FakeNetwork; messages: string[] }> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: 0 });
  const network = new FakeNetwork();
  const client = createClient('ws://server.example/', { WebSocket: network.WebSocket });
  onTestFinished(() => client.close());
  const messages: string[] = [];
  client.onmessage = ({ data }) => void messages.push(data as string);
  await vi.advanceTimersByTimeAsync(100);
  return { client, socket: network.last, network, messages };
}

const position = { epoch: 'e', offset: 7 };

describe('the messages of the application', () => {
  test.each([
    '{"topic":',
    '{"pong":',
    '{"pong":true}',
    '{"topic":"news"}',
    '{"topic":"news","title":"Hello"}',
    '{"topic":"other","data":1}',
    '{"topic":"news","people":"everybody"}',
    '{"topic":"news","people":[null]}',
    '{"topic":"news","joined":5}',
    '{"topic":"news","count":"many"}',
    '{"topic":"news","bytes":"%"}',
    '{"topic":"news","subscribed":true}',
    '{"topic":5,"data":1}',
    '{"topic":null,"data":1}',
    '[{"topic":"news","data":1}]',
    '"topic"',
    'null',
  ])('%s are left alone', async (text) => {
    const { client, socket, messages } = await open();
    const { told, handlers } = recorder();
    client.subscribe('news', handlers);
    await vi.advanceTimersByTimeAsync(100);
    socket.receive(text);
    expect([messages, told]).toEqual([[text], ['subscribed']]);
  });

  test('never include the pong of a ping of the client', async () => {
    const { client, socket, messages } = await open();
    client.subscribe('news', recorder().handlers);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(socket.sent).toContain('{"ping":true}');
    expect(messages).toEqual([]);
    socket.receive('{"pong":true}');
    expect(messages).toEqual(['{"pong":true}']);
  });
});

describe('a message of the server about a topic', () => {
  test.each<[string, object, unknown[]]>([
    ['data before the topic', { data: 1, offset: 8, topic: 'news' }, [1]],
    ['null data', { data: null, topic: 'news' }, [null]],
    ['null for absent keys', { topic: 'news', data: 1, people: null, gap: null, refused: null, count: null }, [1]],
    ['bytes', { bytes: 'AID/', offset: null, topic: 'news' }, [Uint8Array.of(0, 128, 255)]],
    ['no bytes', { bytes: '', topic: 'news' }, [new Uint8Array()]],
    ['a count', { count: 0, topic: 'news' }, ['count 0']],
    ['a gap', { gap: {}, topic: 'news' }, ['gap']],
    ['another epoch', { epoch: 'f', topic: 'news' }, []],
    ['a refusal', { refused: 'Not allowed', topic: 'news' }, ['refused: Not allowed']],
  ])('is understood: %s', async (_name, message, expected) => {
    const { client, socket, messages } = await open();
    const { told, handlers } = recorder();
    client.subscribe('news', handlers);
    await vi.advanceTimersByTimeAsync(100);
    socket.receive(message);
    expect([told, messages]).toEqual([['subscribed', ...expected], []]);
  });

  test('sets the epoch of the position, and leaves its offset', async () => {
    const { client, socket } = await open();
    const { told, handlers } = recorder();
    const subscription = client.subscribe('news', handlers);
    await vi.advanceTimersByTimeAsync(100);
    socket.receive({ topic: 'news', epoch: 'without history' });
    expect(subscription.position).toBe(undefined);
    socket.receive({ topic: 'news', gap: position });
    socket.receive({ topic: 'news', epoch: 'f' });
    expect(subscription.position).toEqual({ ...position, epoch: 'f' });
    for (const offset of [7, 8]) socket.receive({ topic: 'news', offset, data: offset });
    expect(subscription.position).toEqual({ epoch: 'f', offset: 8 });
    expect(told).toEqual(['subscribed', 'gap', 8]);
  });

  test('lists people in pages, and is passed on once complete', async () => {
    const { client, socket } = await open();
    const { told, handlers } = recorder();
    client.subscribe('room', handlers);
    await vi.advanceTimersByTimeAsync(100);
    const say = (message: object): void => socket.receive({ topic: 'room', ...message });
    say({ people: [{ id: 'a' }, { id: 'b' }], page: 0, more: true });
    say({ joined: [{ id: 'c' }], left: ['a'] });
    expect(told).toEqual(['subscribed']);
    say({ page: 1, people: [{ id: 'd' }] });
    say({ left: ['b', 'nobody'] });
    say({ joined: [{ id: 'c', details: 'new' }], left: null });
    say({ people: [{ id: 'z' }] });
    expect(told.slice(1)).toEqual([['b', 'c', 'd'], ['c', 'd'], ['c: new', 'd'], ['z']]);
  });
});

describe('several subscribers of a topic', () => {
  test('all receive its messages, and the last one leaves it', async () => {
    const { client, socket } = await open();
    const [one, two] = [recorder(), recorder()];
    const first = client.subscribe('news', one.handlers);
    const second = client.subscribe('news', two.handlers);
    await vi.advanceTimersByTimeAsync(100);
    socket.receive({ topic: 'news', data: 1 });
    second.unsubscribe();
    second.unsubscribe();
    socket.receive({ topic: 'news', data: 2 });
    expect([one.told, two.told]).toEqual([
      ['subscribed', 1, 2],
      ['subscribed', 1],
    ]);
    expect(socket.sent).toEqual(['{"subscribe":"news"}']);
    first.unsubscribe();
    first.unsubscribe();
    socket.receive({ topic: 'news', data: 3 });
    expect(one.told).toEqual(['subscribed', 1, 2]);
    expect(socket.sent).toEqual(['{"subscribe":"news"}', '{"unsubscribe":"news"}']);
  });

  test('are counted by their calls, not by their handlers', async () => {
    const { client, socket } = await open();
    const { told, handlers } = recorder();
    client.subscribe('news', handlers).unsubscribe();
    client.subscribe('news', handlers);
    client.subscribe('news', handlers).unsubscribe();
    await vi.advanceTimersByTimeAsync(100);
    socket.receive({ topic: 'news', data: 1 });
    expect(told).toEqual(['subscribed', 1]);
  });

  test('that come later receive the current state, after subscribe() has returned', async () => {
    const { client, socket } = await open();
    client.subscribe('room', recorder().handlers);
    await vi.advanceTimersByTimeAsync(100);
    socket.receive({ topic: 'room', people: [{ id: 'a' }] });
    socket.receive({ topic: 'room', count: 1 });
    const { told, handlers } = recorder();
    client.subscribe('room', handlers);
    const gone = recorder();
    client.subscribe('room', gone.handlers).unsubscribe();
    expect(told).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect([told, gone.told]).toEqual([['subscribed', ['a'], 'count 1'], []]);
  });

  test('that come later begin now, and receive a gap if they asked for another position', async () => {
    const { client, socket } = await open();
    const first = client.subscribe('news', recorder().handlers, { since: position });
    await vi.advanceTimersByTimeAsync(100);
    socket.receive({ topic: 'news', subscribed: { ...position, recovered: true } });
    const [here, before, oldest] = [recorder(), recorder(), recorder()];
    client.subscribe('news', here.handlers, { since: first.position });
    client.subscribe('news', before.handlers, { since: { epoch: 'e', offset: 5 } });
    client.subscribe('news', oldest.handlers, { since: 'oldest' });
    await vi.advanceTimersByTimeAsync(0);
    expect([here.told, before.told, oldest.told]).toEqual([
      ['recovered'],
      ['subscribed', 'gap'],
      ['subscribed', 'gap'],
    ]);
    expect(socket.sent).toHaveLength(1);
  });

  test('each receive every gap once', async () => {
    const { client, socket, network } = await open();
    const [one, two] = [recorder(), recorder()];
    client.subscribe('news', one.handlers);
    client.subscribe('news', two.handlers);
    await vi.advanceTimersByTimeAsync(100);
    socket.end(1006);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(network.sockets).toHaveLength(2);
    const expected = ['subscribed', 'subscribed', 'gap'];
    expect([one.told, two.told]).toEqual([expected, expected]);
  });

  test('do not stop each other when one of them throws', async () => {
    const { client, socket } = await open();
    const uncaught = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {});
    onTestFinished(() => uncaught.mockRestore());
    const { told, handlers } = recorder();
    client.subscribe('news', {
      onMessage: () => {
        throw new Error('A fault of the page');
      },
    });
    client.subscribe('news', handlers);
    await vi.advanceTimersByTimeAsync(100);
    socket.receive({ topic: 'news', data: 1 });
    expect(told).toEqual(['subscribed', 1]);
    expect(uncaught).toHaveBeenCalledOnce();
  });
});

describe('a topic that is left', () => {
  test('before the server has answered is not mistaken for the next subscription', async () => {
    const { client, socket } = await open();
    client.subscribe('news', recorder().handlers).unsubscribe();
    const { told, handlers } = recorder();
    client.subscribe('news', handlers, { since: 'oldest' });
    socket.receive({ topic: 'news', data: 'of the first' });
    await vi.advanceTimersByTimeAsync(5);
    expect(told).toEqual([]);
    expect(socket.sent).toEqual([
      '{"subscribe":"news"}',
      '{"unsubscribe":"news"}',
      '{"subscribe":"news","since":"oldest"}',
    ]);
    await vi.advanceTimersByTimeAsync(100);
    expect(told).toEqual(['subscribed']);
  });

  test('ignores messages that are still in flight', async () => {
    const { client, socket, messages } = await open();
    const subscription = client.subscribe('news', recorder().handlers);
    await vi.advanceTimersByTimeAsync(100);
    subscription.unsubscribe();
    socket.receive({ topic: 'news', data: 1 });
    expect(messages).toEqual([]);
  });
});
