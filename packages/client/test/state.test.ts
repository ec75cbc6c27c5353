import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { createClient, type Client, type LiveState } from '../src/index.ts';
import { FakeNetwork, type FakeWebSocket } from './fake-network.ts';

afterEach(() => vi.useRealTimers());

interface Opened {
  readonly client: Client;
  readonly network: FakeNetwork;
  readonly votes: LiveState<number>;
  /** The status and the entries at each `change`. */
  readonly changes: unknown[];
}

/** A client that has asked for the state `votes`; nothing has been answered. */
async function open(): Promise<Opened> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: 0 });
  const network = new FakeNetwork();
  network.answersTopics = false;
  const client = createClient('ws://server.example/', { WebSocket: network.WebSocket });
  onTestFinished(() => client.close());
  const votes = client.state<number>('votes');
  const changes: unknown[] = [];
  votes.addEventListener('change', () => changes.push([votes.status, Object.fromEntries(votes.entries)]));
  await vi.advanceTimersByTimeAsync(100);
  return { client, network, votes, changes };
}

const tell = (socket: FakeWebSocket, message: object): void =>
  socket.receive(JSON.stringify({ topic: 'votes', ...message }));

const subscribed = { subscribed: { recovered: false, epoch: 'e', offset: 4 } };

test('a state is ready once all of it has arrived, and changes with each message after that', async () => {
  const { network, votes, changes } = await open();
  const onchange = vi.fn<() => void>();
  votes.onchange = onchange;
  let isReady = false;
  void votes.ready.then(() => (isReady = true));
  expect([votes.status, votes.entries.size, votes.get('ada')]).toEqual(['waiting', 0, undefined]);
  const { last: socket } = network;
  expect(socket.sent).toEqual(['{"subscribe":"votes"}']);
  tell(socket, subscribed);
  tell(socket, { state: { ada: 1 }, page: 0, more: true });
  await vi.advanceTimersByTimeAsync(1);
  expect([votes.status, isReady]).toEqual(['waiting', false]);
  tell(socket, { state: { bob: 2 }, page: 1, epoch: 'e', offset: 4 });
  await vi.advanceTimersByTimeAsync(1);
  expect(isReady).toBe(true);
  const before = votes.entries;
  tell(socket, { set: { ada: 5, cy: 0 }, unset: ['bob'], offset: 6 });
  expect(before.get('ada')).toBe(1);
  expect(votes.get('ada')).toBe(5);
  tell(socket, { unset: ['cy'], offset: 7 });
  expect(changes).toEqual([
    ['live', { ada: 1, bob: 2 }],
    ['live', { ada: 5, cy: 0 }],
    ['live', { ada: 5 }],
  ]);
  expect(onchange).toHaveBeenCalledTimes(3);
});

test('a change that the client has already is dropped, and one of a new epoch is not', async () => {
  const { network, votes } = await open();
  tell(network.last, subscribed);
  tell(network.last, { state: { ada: 1 }, epoch: 'e', offset: 4 });
  tell(network.last, { set: { ada: 9 }, offset: 4 });
  expect(votes.get('ada')).toBe(1);
  tell(network.last, { set: { ada: 2 }, epoch: 'f', offset: 1 });
  tell(network.last, { set: { ada: 3 }, offset: 2 });
  expect(votes.get('ada')).toBe(3);
});

test('a state is stale while the client is not connected, and live again with what has changed', async () => {
  const { network, votes, changes } = await open();
  tell(network.last, subscribed);
  tell(network.last, { state: { ada: 1 }, epoch: 'e', offset: 4 });
  network.last.end(1006);
  expect(votes.status).toBe('stale');
  expect(votes.get('ada')).toBe(1);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(network.last.sent).toEqual(['{"subscribe":"votes","since":{"epoch":"e","offset":4}}']);
  tell(network.last, { subscribed: { recovered: true, epoch: 'e', offset: 4 } });
  expect(votes.status).toBe('live');
  tell(network.last, { set: { ada: 2 }, offset: 5 });
  expect(changes.at(-1)).toEqual(['live', { ada: 2 }]);
  network.last.end(1006);
  await vi.advanceTimersByTimeAsync(2_000);
  tell(network.last, { subscribed: { recovered: false, epoch: 'g', offset: 1 } });
  expect(votes.status).toBe('stale');
  tell(network.last, { state: { bob: 1 }, epoch: 'g', offset: 1 });
  expect(changes.at(-1)).toEqual(['live', { bob: 1 }]);
});

test('a second view of a state has what the first has', async () => {
  const { client, network } = await open();
  tell(network.last, subscribed);
  tell(network.last, { state: { ada: 1 }, epoch: 'e', offset: 4 });
  const second = client.state<number>('votes');
  await second.ready;
  expect([second.status, second.get('ada')]).toEqual(['live', 1]);
});

test('a state that the server refuses says so', async () => {
  const { network, votes } = await open();
  tell(network.last, { refused: 'Not allowed' });
  expect(votes.status).toBe('refused');
});

test('close() ends the subscription, and keeps the entries', async () => {
  const { network, votes, changes } = await open();
  tell(network.last, subscribed);
  tell(network.last, { state: { ada: 1 }, epoch: 'e', offset: 4 });
  votes.close();
  expect(network.last.sent.at(-1)).toBe('{"unsubscribe":"votes"}');
  tell(network.last, { set: { ada: 2 }, offset: 5 });
  network.last.end(1006);
  expect(votes.get('ada')).toBe(1);
  expect(changes).toHaveLength(1);
});

test('a page that continues from a saved position is told what has changed since', async () => {
  const { client, network } = await open();
  const told: unknown[] = [];
  const since = { epoch: 'e', offset: 4 };
  client.subscribe('board', { onState: (entries) => told.push(Object.fromEntries(entries)) }, { since });
  network.last.receive({ topic: 'board', subscribed: { recovered: true, ...since } });
  network.last.receive({ topic: 'board', set: { ada: 3 }, offset: 5 });
  expect(told).toEqual([{ ada: 3 }]);
});
