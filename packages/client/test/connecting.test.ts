import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket as WsWebSocket } from 'ws';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createClient, type Address, type Client, type ClientOptions, type WebSocketClass } from '../src/index.ts';
import { FakeNetwork } from './fake-network.ts';
import { FakePage } from './fake-page.ts';
import { LiveServer } from './live-server.ts';
import { OwnClock } from './own-clock.ts';

const WebSocket = WsWebSocket as unknown as WebSocketClass;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function useFakeTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'], now: 0 });
}

/** A client on a network without a server, with a stopped clock. */
function connectTo(network: FakeNetwork, url: Address = 'ws://server.example/', options: ClientOptions = {}): Client {
  const client = createClient(url, { WebSocket: network.WebSocket, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function startServer(): Promise<LiveServer> {
  const server = await new LiveServer().start();
  onTestFinished(() => server.stop());
  return server;
}

function connect(url: Address, options: ClientOptions = {}): Client {
  const client = createClient(url, { WebSocket, minReconnectDelay: 10, maxReconnectDelay: 100, ...options });
  onTestFinished(() => client.close());
  return client;
}

function errorsOf(client: Client): unknown[] {
  const errors: unknown[] = [];
  client.addEventListener('error', (event) => errors.push((event as Event & { error: unknown }).error));
  return errors;
}

describe('the address', () => {
  test('may be a function that throws: the error is emitted, and the next attempt calls it again', async () => {
    const server = await startServer();
    let asked = 0;
    const client = connect(() => {
      if (++asked < 3) throw new Error('No token');
      return `${server.url}?token=${asked}`;
    });
    const errors = errorsOf(client);
    await expect.poll(() => client.status).toBe('open');
    expect(errors).toEqual([new Error('No token'), new Error('No token')]);
    expect(client.url).toBe(`${server.url}?token=3`);
  });

  test('may be an asynchronous function, which is called once for each attempt', async () => {
    const server = await startServer();
    let asked = 0;
    const client = connect(async () => {
      if (++asked === 2) throw new Error('No token');
      return `${server.url}?token=${asked}`;
    });
    expect([client.url, client.protocol, client.bufferedAmount]).toEqual(['', '', 0]);
    const errors = errorsOf(client);
    await expect.poll(() => client.status).toBe('open');
    expect([client.url, client.url, asked]).toEqual([`${server.url}?token=1`, `${server.url}?token=1`, 1]);
    server.sockets[0]!.terminate();
    await expect.poll(() => client.url).toBe(`${server.url}?token=3`);
    expect(errors).toEqual([new Error('No token')]);
  });

  test('that does not arrive is abandoned and requested again', async () => {
    useFakeTime();
    const network = new FakeNetwork();
    const url = vi.fn<() => Promise<string>>(() => new Promise(() => {}));
    const client = connectTo(network, url, { handshakeTimeout: 500 });
    const errors = errorsOf(client);
    await vi.advanceTimersByTimeAsync(500);
    expect(client.status).toBe('waiting');
    expect(errors).toEqual([new Error('addressing exceeded handshakeTimeout, 500 ms')]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(url.mock.calls.length).toBeGreaterThan(1);
  });

  test('that fails after it was abandoned is reported once', async () => {
    useFakeTime();
    const url = (): Promise<string> =>
      new Promise((_resolve, reject) => void setTimeout(reject, 600, new Error('Late')));
    const client = connectTo(new FakeNetwork(), url, {
      handshakeTimeout: 500,
      minReconnectDelay: 60_000,
      maxReconnectDelay: 60_000,
    });
    vi.spyOn(Math, 'random').mockReturnValue(1);
    onTestFinished(() => void vi.restoreAllMocks());
    const errors = errorsOf(client);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(errors).toEqual([new Error('addressing exceeded handshakeTimeout, 500 ms')]);
  });

  test.each(['ftp://server.example/', 'mailto:somebody', 'no address'])('%s is refused', (url) => {
    expect(() => createClient(url, { WebSocket })).toThrow(/invalid url/i);
  });
});

describe('authenticate', () => {
  test('runs before queued messages and subscriptions are sent, and before open', async () => {
    const server = await startServer();
    const heard: string[] = [];
    server.onMessage = (data) => heard.push(data);
    const client = connect(server.url, {
      authenticate: async (socket) => {
        socket.send('token');
        await new Promise((resolve) => socket.addEventListener('message', resolve));
      },
    });
    client.subscribe('news', { onMessage: () => {} });
    expect(client.send('hello')).toBe('queued');
    client.onopen = () => client.send('open');
    await expect.poll(() => heard).toEqual(['token', '{"subscribe":"news"}', 'hello', 'open']);
  });

  test('that fails or hangs ends the attempt, is reported, and runs again', async () => {
    useFakeTime();
    const network = new FakeNetwork();
    const authenticate = vi.fn<() => unknown>();
    authenticate.mockRejectedValueOnce(new Error('No token'));
    authenticate.mockReturnValueOnce(new Promise(() => {}));
    const client = connectTo(network, undefined, { authenticate, handshakeTimeout: 500 });
    const errors = errorsOf(client);
    const opened = vi.fn<() => void>();
    client.onopen = opened;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(client.status).toBe('open');
    expect(errors).toEqual([new Error('No token'), new Error('authenticating exceeded handshakeTimeout, 500 ms')]);
    expect([network.sockets.length, network.open.length, opened.mock.calls.length]).toEqual([3, 1, 1]);
  });
});

describe('the session', () => {
  /** A page that answers with a status, or not at all. */
  async function startPage(status: number | undefined): Promise<{ url: string; cookies: unknown[] }> {
    const cookies: unknown[] = [];
    const server = createServer((request, response) => {
      cookies.push(request.headers.cookie);
      if (status !== undefined) response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/session`, cookies };
  }

  test('that cannot be checked delays nothing', async () => {
    const page = await startPage(undefined);
    const client = connect('ws://127.0.0.1:9/', { sessionUrl: page.url, handshakeTimeout: 50 });
    const states: string[] = [];
    client.onstatuschange = () => states.push(client.status);
    await expect.poll(() => page.cookies.length).toBeGreaterThan(1);
    expect(states).toContain('waiting');
    expect(client.status).not.toBe('closed');
  });

  test.each([500, 503])('has not ended when its page answers %i', async (status) => {
    const page = await startPage(status);
    const client = connect('ws://127.0.0.1:9/', { sessionUrl: page.url });
    await expect.poll(() => page.cookies.length).toBeGreaterThan(2);
    expect(client.status).not.toBe('closed');
  });

  test('is checked with cookies, even at another origin', async () => {
    const fetched = vi.fn<(url: string, init: RequestInit) => Promise<Response>>(
      async () => new Response(null, { status: 200 }),
    );
    vi.stubGlobal('fetch', fetched);
    connect('ws://127.0.0.1:9/', { sessionUrl: 'https://other.example/session' });
    await expect.poll(() => fetched.mock.calls.length).toBeGreaterThan(0);
    expect(fetched.mock.calls[0]).toMatchObject(['https://other.example/session', { credentials: 'include' }]);
  });
});

describe('one attempt at a time', () => {
  test('is made when the network is lost and returns during the session check', async () => {
    const server = await startServer();
    const page = new FakePage();
    const fetches: ((response: Response) => void)[] = [];
    vi.stubGlobal('fetch', () => new Promise((resolve) => fetches.push(resolve)));
    server.status = 503;
    const client = connect(server.url, { sessionUrl: '/session' });
    await expect.poll(() => fetches.length).toBe(1);
    server.status = 200;
    page.goOffline();
    page.goOnline();
    for (const resolve of fetches) resolve(new Response(null, { status: 200 }));
    await expect.poll(() => client.status).toBe('open');
    await expect.poll(() => server.sockets.length).toBe(1);
    client.close();
    await server.sockets[0]!.closed;
    expect(server.handshakes).toBe(1);
  });

  test('closes an open socket, and one that is about to open', async () => {
    const clock = new OwnClock(() => 0);
    const network = new FakeNetwork();
    await clock.run(async () => {
      connectTo(network).close();
      await clock.advance(60_000);
    });
    expect(network.sockets.map(({ readyState }) => readyState)).toEqual([3]);
    expect(clock.pending).toEqual([]);
  });

  test('ignores messages of an abandoned socket', async () => {
    useFakeTime();
    const network = new FakeNetwork();
    const client = connectTo(network, undefined, { maxReconnectDelay: 1_000 });
    client.subscribe('news', { onMessage: () => {} });
    await vi.advanceTimersByTimeAsync(100);
    const [old] = network.sockets;
    network.isMute = true;
    const messages: unknown[] = [];
    client.onmessage = ({ data }) => void messages.push(data);
    await vi.advanceTimersByTimeAsync(30_000 + 5_000);
    // A WebSocket of `ws` emits messages while it closes; those of browsers do not.
    old?.dispatchEvent(new MessageEvent('message', { data: 'late' }));
    network.isMute = false;
    await vi.advanceTimersByTimeAsync(1_000 + 1_000 + 100);
    expect([network.sockets.length, old?.readyState, client.status]).toEqual([2, 2, 'open']);
    old?.end(1008);
    expect([client.status, messages]).toEqual(['open', []]);
  });

  test('continues after a close() that its socket rejects', async () => {
    const server = await startServer();
    const client = connect(server.url);
    await expect.poll(() => client.status).toBe('open');
    expect(() => client.close(999)).toThrow(/code/);
    expect(client.status).toBe('open');
  });
});

describe('the end', () => {
  test('follows the final close codes of the application', async () => {
    const server = await startServer();
    const client = connect(server.url, { finalCodes: [4401] });
    await expect.poll(() => client.status).toBe('open');
    server.sockets[0]!.close(4400);
    await expect.poll(() => server.sockets.length).toBe(2);
    server.sockets[1]!.close(4401, 'expired');
    const closed = await new Promise((resolve) => client.addEventListener('close', resolve));
    expect(closed).toMatchObject({ code: 4401, reason: 'expired' });
  });
});

describe('a page', () => {
  test('that reports to be offline still connects to its own machine', async () => {
    const server = await startServer();
    new FakePage().goOffline();
    server.status = 503;
    const client = connect(server.url);
    await expect.poll(() => client.status).toBe('offline');
    server.status = 200;
    await expect.poll(() => client.status).toBe('open');
  });

  const wakes: [string, (page: FakePage) => void][] = [
    ['is shown', (page) => page.show()],
    ['is shown again', (page) => page.window.dispatchEvent(new Event('pageshow'))],
    ['is resumed', (page) => page.window.dispatchEvent(new Event('resume'))],
    ['is online', (page) => page.goOnline()],
    ['has slept', () => vi.setSystemTime(Date.now() + 60_000)],
  ];

  test.each(wakes)('that %s pings at once, and replaces a connection that does not answer', async (_name, wake) => {
    useFakeTime();
    const page = new FakePage();
    const network = new FakeNetwork();
    const client = connectTo(network);
    client.subscribe('news', { onMessage: () => {} });
    await vi.advanceTimersByTimeAsync(100);
    wake(page);
    await vi.advanceTimersByTimeAsync(2_100);
    expect(network.last.sent).toEqual(['{"subscribe":"news"}', '{"ping":true}']);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(network.sockets).toHaveLength(1);
    network.isMute = true;
    wake(page);
    // Covers the clock check, a ping without an answer, a socket that does not close, and the first wait.
    await vi.advanceTimersByTimeAsync(2_000 + 5_000 + 1_000 + 1_000 + 100);
    expect(network.sockets).toHaveLength(2);
  });

  test('that wakes does not ping a server without topics', async () => {
    useFakeTime();
    const page = new FakePage();
    const network = new FakeNetwork();
    const client = connectTo(network);
    await vi.advanceTimersByTimeAsync(100);
    page.show();
    await vi.advanceTimersByTimeAsync(120_000);
    expect([network.last.sent, client.status]).toEqual([[], 'open']);
  });
});

describe('an option', () => {
  test.each([
    [{ maxQueue: 1 }, /^Invalid option: expected WebSocket,.*,maxQueuedMessages,.*, got maxQueue$/],
    [{ pinginterval: 1 }, /expected .*,pingInterval,.*, got pinginterval$/],
    [{ protocol: 'a' }, /expected .*,protocols,.*, got protocol$/],
    [{ toString: 1 }, /got toString$/],
    [{ minReconnectDelay: -1 }, 'Invalid option minReconnectDelay: expected 1 to 2147483647, got -1'],
    [{ minReconnectDelay: '5' }, 'Invalid option minReconnectDelay'],
    [{ maxReconnectDelay: 2 ** 31 }, 'Invalid option maxReconnectDelay'],
    [{ handshakeTimeout: Infinity }, 'Invalid option handshakeTimeout'],
    [{ handshakeTimeout: NaN }, 'Invalid option handshakeTimeout'],
    [{ pingInterval: 0 }, 'Invalid option pingInterval'],
    [{ maxQueuedMessages: 'x' }, 'Invalid option maxQueuedMessages: expected 0 to Infinity, got x'],
    [{ pongTimeout: null }, 'Invalid option pongTimeout'],
    [{ finalCodes: 4401 }, 'Invalid option finalCodes: expected a list, got 4401'],
    [{ authenticate: 'token' }, 'Invalid option authenticate: expected a function, got token'],
  ])('%o is refused', (options, message) => {
    expect(() => createClient('ws://server.example/', { WebSocket, ...(options as ClientOptions) })).toThrow(message);
  });

  test('may be Infinity for no limit, and undefined for its default', () => {
    const { WebSocket: Fake } = new FakeNetwork();
    const options = {
      pingInterval: Infinity,
      maxQueuedMessages: Infinity,
      minReconnectDelay: undefined,
      sessionUrl: undefined,
    };
    expect(connectTo(new FakeNetwork(), undefined, { ...options, WebSocket: Fake }).status).toBe('connecting');
  });

  test('that is missing where no WebSocket class exists is named in the error', () => {
    vi.stubGlobal('WebSocket', undefined);
    expect(() => createClient('ws://server.example/')).toThrow(/npm i ws.*\{ WebSocket \}/);
  });
});

/** Collects uncaught errors until the end of the test. */
function uncaughtErrors(): unknown[] {
  const errors: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => errors.push(error));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of listeners) process.on('uncaughtException', listener);
  });
  return errors;
}

describe('a fault of the page', () => {
  test('in a handler stops nothing, and is an uncaught error', async () => {
    const server = await startServer();
    const uncaught = uncaughtErrors();
    const client = connect(server.url);
    client.onstatuschange = () => {
      throw new Error('A fault of the page');
    };
    await expect.poll(() => client.status).toBe('open');
    server.sockets[0]!.terminate();
    await expect.poll(() => server.sockets.length).toBe(2);
    await expect.poll(() => uncaught.length).toBeGreaterThan(0);
  });

  test('in a queued message, which no WebSocket accepts, does not block later messages', async () => {
    const server = await startServer();
    const heard: string[] = [];
    server.onMessage = (data) => heard.push(data);
    const uncaught = uncaughtErrors();
    const client = connect(server.url);
    const results = [client.send('before'), client.send({} as string), client.send('after')];
    expect(results).toEqual(['queued', 'queued', 'queued']);
    await expect.poll(() => heard).toEqual(['before', 'after']);
    await expect.poll(() => uncaught).toEqual([expect.any(TypeError)]);
    expect([client.status, server.handshakes]).toEqual(['open', 1]);
  });
});
