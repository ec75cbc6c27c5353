import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket as WsWebSocket } from 'ws';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { CutProxy } from '@turnout/test-kit/cut-proxy';
import { createClient, type Client, type ClientOptions, type Person, type WebSocketClass } from '../src/index.ts';
import { LiveServer } from './live-server.ts';

const WebSocket = WsWebSocket as unknown as WebSocketClass;

const isLong = process.env['TURNOUT_LONG'] === '1';

async function startServer(): Promise<LiveServer> {
  const server = await new LiveServer().start();
  onTestFinished(() => server.stop());
  return server;
}

function connect(url: string, options: ClientOptions = {}): Client {
  const client = createClient(url, { WebSocket, minReconnectDelay: 10, maxReconnectDelay: 100, ...options });
  onTestFinished(() => client.close());
  return client;
}

function until(client: Client, type: string): Promise<Event> {
  return new Promise((resolve) => client.addEventListener(type, resolve, { once: true }));
}

function statesOf(client: Client): string[] {
  const states: string[] = [client.status];
  client.addEventListener('statuschange', () => states.push(client.status));
  return states;
}

/** Records the calls of a topic's handlers. */
function recorder() {
  const told: unknown[] = [];
  let people: string[] = [];
  return {
    told,
    people: () => people,
    handlers: {
      onMessage: (data: unknown, offset: number | undefined) => told.push([data, offset]),
      onSubscribed: ({ recovered }: { recovered: boolean }) => told.push(recovered ? 'recovered' : 'subscribed'),
      onGap: () => told.push('gap'),
      onRefused: (reason: string) => told.push(`refused: ${reason}`),
      onPeople: (all: Person[]) => (people = all.map(({ id }) => id)),
    },
  };
}

describe('a client', () => {
  test('has the interface of a WebSocket', async () => {
    const server = await startServer();
    const client = connect(server.url, { protocols: ['a'] });
    const events: string[] = [];
    for (const name of ['onopen', 'onmessage', 'onclose', 'onstatuschange'] as const) {
      client[name] = ({ type }: Event) => void events.push(type);
    }
    expect([client.readyState, client.protocol, client.bufferedAmount]).toEqual([0, '', 0]);
    await until(client, 'open');
    expect([client.readyState, client.protocol, client.status, client.url]).toEqual([1, 'a', 'open', server.url]);
    expect(client.send('hello')).toBe('sent');
    expect(await until(client, 'message')).toMatchObject({ data: 'hello' });
    expect(client.bufferedAmount).toBe(0);
    const closed = until(client, 'close');
    client.close(4000, 'enough');
    expect(await closed).toMatchObject({ code: 4000, reason: 'enough', wasClean: true });
    expect([client.readyState, client.send('late')]).toEqual([3, 'dropped']);
    expect(await server.sockets[0]!.closed).toMatchObject({ code: 4000, reason: 'enough' });
    expect(events).toEqual(['statuschange', 'open', 'message', 'statuschange', 'close']);
  });

  test('reconnects after a loss, and reports its state', async () => {
    const server = await startServer();
    const client = connect(server.url);
    await until(client, 'open');
    const states = statesOf(client);
    const { port } = server;
    await server.stop();
    await expect.poll(() => client.status).not.toBe('open');
    expect([client.send('one'), client.send('two')]).toEqual(['queued', 'queued']);
    await server.start(port);
    await until(client, 'open');
    expect(await until(client, 'message')).toMatchObject({ data: 'one' });
    expect(new Set(states)).toEqual(new Set(['open', 'waiting', 'connecting']));
  });

  test('asks for the address at each attempt', async () => {
    const server = await startServer();
    let asked = 0;
    const client = createClient(() => `${server.url}?attempt=${++asked}`, { WebSocket, minReconnectDelay: 1 });
    onTestFinished(() => client.close());
    await until(client, 'open');
    server.sockets[0]!.terminate();
    await until(client, 'open');
    expect(asked).toBe(2);
  });

  test('queues maxQueuedMessages messages and drops the rest', async () => {
    const server = await startServer();
    const client = connect(server.url, { maxQueuedMessages: 2 });
    expect(['a', 'b', 'c'].map((text) => client.send(text))).toEqual(['queued', 'queued', 'dropped']);
  });

  test.each([1002, 1007, 1008, 3000])('does not reconnect after close code %i', async (code) => {
    const server = await startServer();
    const client = connect(server.url);
    let ended = 0;
    client.onsessionended = () => ended++;
    await until(client, 'open');
    const closed = until(client, 'close');
    await expect.poll(() => server.sockets.length).toBe(1);
    // An application cannot send the codes of protocol errors, so this does what a failing peer would.
    server.sockets[0]!.close(code);
    expect(await closed).toMatchObject({ code });
    expect([client.status, ended, server.handshakes]).toEqual(['closed', code === 3000 ? 1 : 0, 1]);
  });

  test.each([401, 403, 302])('does not reconnect if the session has ended: %i', async (status) => {
    const server = await startServer();
    const client = connect(server.url, { sessionUrl: `http://127.0.0.1:${server.port}/session` });
    await until(client, 'open');
    server.status = status;
    const ended = until(client, 'sessionended');
    server.sockets[0]!.terminate();
    await ended;
    expect(client.status).toBe('closed');
  });

  test('reconnects if the session is valid or cannot be checked', async () => {
    const server = await startServer();
    const { port } = server;
    const client = connect(server.url, { sessionUrl: `http://127.0.0.1:${port}/session` });
    await until(client, 'open');
    await server.stop();
    await expect.poll(() => client.status).toBe('waiting');
    await server.start(port);
    server.status = 503;
    await expect.poll(() => client.status).toBe('waiting');
    server.status = 200;
    await until(client, 'open');
  });

  test('abandons a connection that falls silent, and keeps one that answers', async () => {
    const server = await startServer();
    const proxy = await CutProxy.to(server.port);
    onTestFinished(() => proxy.close());
    const client = connect(`ws://127.0.0.1:${proxy.port}/live`, {
      pingInterval: 20,
      pongTimeout: 200,
      handshakeTimeout: 200,
    });
    const { told, handlers } = recorder();
    client.subscribe('news', handlers);
    await until(client, 'open');
    await delay(500);
    expect([client.status, server.handshakes]).toEqual(['open', 1]);
    proxy.cut();
    await expect.poll(() => client.status).not.toBe('open');
    proxy.heal();
    await expect.poll(() => told).toEqual(['subscribed', 'recovered']);
  });

  test('learns from the browser when the network is lost or returns, and when the page is visible', async () => {
    const server = await startServer();
    const page = { hidden: true };
    const network = new EventTarget();
    vi.stubGlobal('addEventListener', network.addEventListener.bind(network));
    vi.stubGlobal('removeEventListener', network.removeEventListener.bind(network));
    vi.stubGlobal('document', page);
    vi.stubGlobal('location', { href: server.url.replace('ws', 'http') });
    onTestFinished(() => void vi.unstubAllGlobals());
    const client = connect('/live', { minReconnectDelay: 60_000, maxReconnectDelay: 60_000 });
    expect(client.url).toBe(server.url);
    await until(client, 'open');
    vi.stubGlobal('navigator', { onLine: false });
    network.dispatchEvent(new Event('offline'));
    expect(client.status).toBe('offline');
    vi.stubGlobal('navigator', { onLine: true });
    network.dispatchEvent(new Event('online'));
    await until(client, 'open');
    network.dispatchEvent(new Event('online'));
    network.dispatchEvent(new Event('visibilitychange'));
    expect(client.status).toBe('open');
    server.sockets.at(-1)!.terminate();
    await expect.poll(() => client.status).toBe('waiting');
    network.dispatchEvent(new Event('visibilitychange'));
    expect(client.status).toBe('waiting');
    page.hidden = false;
    network.dispatchEvent(new Event('visibilitychange'));
    await until(client, 'open');
  });
});

describe('a topic of a client', () => {
  test('resumes at its position after every loss', async () => {
    const server = await startServer();
    const client = connect(server.url);
    const { told, handlers } = recorder();
    const subscription = client.subscribe('news', handlers);
    await expect.poll(() => told).toEqual(['subscribed']);
    const topic = server.hub.topic('news', { history: true });
    await topic.publish('1');
    await expect.poll(() => told.length).toBe(2);
    for (let round = 0; round < 3; round++) {
      server.sockets.at(-1)!.terminate();
      await topic.publish(String(round + 2));
      await until(client, 'open');
      await expect.poll(() => told.at(-1)).toEqual([round + 2, round + 2]);
    }
    const numbers = told.filter((entry) => typeof entry !== 'string');
    expect(numbers).toEqual([1, 2, 3, 4].map((number) => [number, number]));
    expect(told.filter((entry) => entry === 'recovered')).toHaveLength(3);
    expect(subscription.position).toEqual({ epoch: expect.any(String), offset: 4 });
  });

  test('receives bytes as bytes', async () => {
    const server = await startServer();
    const client = connect(server.url);
    const { told, handlers } = recorder();
    client.subscribe('news', handlers, { since: 'oldest' });
    await server.hub.topic('news', { history: true }).publish(Uint8Array.of(0, 128, 255));
    await expect.poll(() => told).toContainEqual([Uint8Array.of(0, 128, 255), 1]);
  });

  test('misses nothing and receives nothing twice, however often the connection is cut', async () => {
    const server = await startServer();
    const proxy = await CutProxy.to(server.port);
    onTestFinished(() => proxy.close());
    const client = connect(`ws://127.0.0.1:${proxy.port}/live`, { minReconnectDelay: 1, maxReconnectDelay: 20 });
    const { told, handlers } = recorder();
    client.subscribe('news', handlers);
    await expect.poll(() => told).toEqual(['subscribed']);
    const topic = server.hub.topic('news', { history: true });
    let published = 0;
    for (let cut = 0; cut < (isLong ? 1_000 : 50); cut++) {
      const burst = 1 + Math.floor(Math.random() * 20);
      for (let index = 0; index < burst; index++) await topic.publish(String(++published));
      // At any point: during a handshake, a resume, live messages.
      await delay(Math.random() * 30);
      proxy.reset();
    }
    await expect.poll(() => told.filter((entry) => typeof entry !== 'string').length).toBe(published);
    expect(told.filter((entry) => typeof entry !== 'string')).toEqual(
      Array.from({ length: published }, (_, index) => [index + 1, index + 1]),
    );
    expect(new Set(told.filter((entry) => typeof entry === 'string'))).toEqual(new Set(['subscribed', 'recovered']));
    expect(told.filter((entry) => entry === 'subscribed')).toHaveLength(1);
  });

  test('reports a gap if not all of what was missed is kept', async () => {
    const server = await startServer();
    server.admit = (name) => server.hub.topic(name, { history: { size: 2 } });
    const client = connect(server.url);
    const { told, handlers } = recorder();
    client.subscribe('news', handlers);
    await expect.poll(() => told).toEqual(['subscribed']);
    server.sockets[0]!.terminate();
    for (let index = 0; index < 3; index++) await server.hub.topic('news', { history: { size: 2 } }).publish('0');
    await expect.poll(() => told).toEqual(['subscribed', 'subscribed', 'gap']);
  });

  test('begins at the given position, and ends', async () => {
    const server = await startServer();
    const client = connect(server.url);
    await until(client, 'open');
    const topic = server.hub.topic('news', { history: true });
    await topic.publish('1');
    const all = recorder();
    const subscription = client.subscribe('news', all.handlers, { since: 'oldest' });
    await expect.poll(() => all.told).toEqual(['recovered', [1, 1]]);
    const { position } = subscription;
    subscription.unsubscribe();
    subscription.unsubscribe();
    await expect.poll(() => topic.size).toBe(0);
    await topic.publish('2');
    const rest = recorder();
    client.subscribe('news', rest.handlers, { since: position });
    await expect.poll(() => rest.told).toEqual(['recovered', [2, 2]]);
    expect(all.told).toHaveLength(2);
  });

  test('reports that the server refuses it', async () => {
    const server = await startServer();
    server.admit = () => undefined;
    const client = connect(server.url);
    const { told, handlers } = recorder();
    client.subscribe('secret', handlers);
    await expect.poll(() => told).toEqual(['refused: Not allowed']);
    expect(client.status).toBe('open');
  });

  test('tells who is present', async () => {
    const server = await startServer();
    let people = 0;
    server.admit = (name) => ({
      topic: server.hub.topic(name, { presence: true, envelope: true }),
      person: { id: `person ${people++}` },
    });
    const [one, two] = [recorder(), recorder()];
    connect(server.url).subscribe('room', one.handlers);
    await expect.poll(() => one.people()).toEqual(['person 0']);
    const other = connect(server.url);
    other.subscribe('room', two.handlers);
    await expect
      .poll(() => [one.people(), two.people()])
      .toEqual([
        ['person 0', 'person 1'],
        ['person 0', 'person 1'],
      ]);
    other.close();
    await expect.poll(() => one.people()).toEqual(['person 0']);
  });

  test('reports missing messages', async () => {
    const server = await startServer();
    const client = connect(server.url);
    const { told, handlers } = recorder();
    client.subscribe('news', handlers);
    await expect.poll(() => told).toEqual(['subscribed']);
    server.sockets[0]!.send('{"topic":"news","gap":{"epoch":"new","offset":7}}');
    server.sockets[0]!.send('{"topic":"news","offset":7,"data":"old"}');
    server.sockets[0]!.send('{"topic":"news","offset":8,"data":"new"}');
    server.sockets[0]!.send('{"topic":"other","data":"nobody asked"}');
    await expect.poll(() => told).toEqual(['subscribed', 'gap', ['new', 8]]);
  });
});
