import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect as connectLocal, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@turnout/core';
import { describe, expect, test, vi } from 'vitest';
import { createRouter, serveRouter } from '@turnout/test-kit/serve-router';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { listen } from '@turnout/test-kit/listen';

describe('maxConnections', () => {
  test('refuses one upgrade too many with 503 and Retry-After, and accepts the next once a socket has closed', async () => {
    let calls = 0;
    const { url, port, router, errors } = await serveRouter(
      (app) => {
        app.use((_request, _response, next) => {
          calls++;
          next();
        });
        app.ws('/', () => {});
      },
      { maxConnections: 2 },
    );
    const [first, second] = [await connect(url), await connect(url)];
    await expect.poll(() => router.sockets.size).toBe(2);
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(503);
    expect(answer).toMatch(/\r\nRetry-After: 5\r\n/);
    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    expect(answer).toContain('Too many connections: maxConnections is 2');
    expect([router.sockets.size, calls, errors]).toEqual([2, 2, []]);
    first.close(1000);
    await first.closed;
    await expect.poll(() => router.sockets.size).toBe(1);
    const third = await connect(url);
    for (const socket of [second, third]) socket.terminate();
  });

  test('counts pending upgrades, so waiting middleware lets none exceed it', async () => {
    const nexts: (() => void)[] = [];
    const { port, router } = await serveRouter(
      (app) =>
        app.ws(
          '/',
          (_request, _response, next) => void nexts.push(next),
          () => {},
        ),
      { maxConnections: 2 },
    );
    const waiting = [await RawClient.open(port), await RawClient.open(port)];
    for (const client of waiting) client.write(formatHandshake());
    await expect.poll(() => nexts.length).toBe(2);
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(503);
    for (const next of nexts) next();
    await Promise.all(waiting.map((client) => client.until('\r\n\r\n')));
    expect(router.sockets.size).toBe(2);
    for (const client of waiting) client.reset();
    await expect.poll(() => router.sockets.size).toBe(0);
  });

  test('of 0 refuses every upgrade, and leaves plain requests alone', async () => {
    const { port } = await serveRouter((app) => void app.ws('/', () => {}), { maxConnections: 0 });
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(503);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(426);
  });

  test('counts the sockets of each app separately', async () => {
    const server = createServer();
    const [full, free] = [createRouter({ maxConnections: 0 }), createRouter()];
    full.ws('/full', () => {});
    free.ws('/free', () => {});
    for (const router of [full, free]) router.attach(server);
    const { url } = await listen(server);
    await expect(connect(`${url}/full`)).rejects.toMatchObject({ status: 503 });
    (await connect(`${url}/free`)).terminate();
  });
});

describe('maxPendingHandshakes', () => {
  test('refuses upgrades while too many wait for middleware, and accepts them again once those are answered', async () => {
    const ends: ((error?: Error) => void)[] = [];
    const { url, port, router } = await serveRouter(
      (app) => {
        app.ws('/open', () => {});
        app.ws(
          '/wait',
          (_request, _response, next) => void ends.push(next as (error?: Error) => void),
          () => {},
        );
      },
      { maxPendingHandshakes: 2 },
    );
    const open = await Promise.all([connect(`${url}/open`), connect(`${url}/open`)]);
    const waiting = [await RawClient.open(port), await RawClient.open(port)];
    for (const client of waiting) client.write(formatHandshake({ target: '/wait' }));
    await expect.poll(() => ends.length).toBe(2);
    const answer = await RawClient.exchange(port, formatHandshake({ target: '/open' }));
    expect(statusOf(answer)).toBe(503);
    expect(answer).toMatch(/\r\nRetry-After: 5\r\n/);
    expect(answer).toContain('Too many pending handshakes: maxPendingHandshakes is 2');
    // One is refused, and the client of the other leaves.
    ends[0]!(Object.assign(new Error('No'), { status: 403 }));
    expect(statusOf(await waiting[0]!.untilEnd())).toBe(403);
    (await connect(`${url}/open`)).terminate();
    waiting[1]!.reset();
    for (const socket of open) socket.terminate();
    await expect.poll(() => router.sockets.size).toBe(0);
  });
});

describe('maxConnectionsPerAddress', () => {
  const nowhere = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'turnout-')), 'socket');

  test('refuses one connection too many from an address with 429, and accepts it once another has closed', async () => {
    const { url, port, router } = await serveRouter((app) => void app.ws('/', () => {}), {
      maxConnectionsPerAddress: 2,
    });
    const [first, second] = [await connect(url), await connect(url)];
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(429);
    expect(answer).toMatch(/\r\nRetry-After: 5\r\n/);
    expect(answer).toContain('Too many connections from your address: maxConnectionsPerAddress is 2');
    first.terminate();
    await expect.poll(() => router.sockets.size).toBe(1);
    const third = await connect(url);
    for (const socket of [second, third]) socket.terminate();
  });

  test('counts a connection once, however many routes it reaches', async () => {
    const { url } = await serveRouter(
      (app) => {
        app.ws(
          '/',
          (_request, _response, next) => next('route'),
          () => {},
        );
        app.ws('/', () => {});
      },
      { maxConnectionsPerAddress: 1 },
    );
    (await connect(url)).terminate();
  });

  test('does not count clients without an address', async () => {
    const router = createRouter({ maxConnectionsPerAddress: 0 });
    router.ws('/', () => {});
    const server = createServer();
    router.attach(server);
    const path = await nowhere();
    server.listen(path);
    await once(server, 'listening');
    const duplex = connectLocal(path);
    (await connect('ws://local/', { connection: duplex })).terminate();
    server.close();
    await once(server, 'close');
  });
});

describe('maxConnectionsPerUser', () => {
  test('refuses one connection too many of a user with 429, and does not count clients without a user', async () => {
    const { url, port, router } = await serveRouter((app) => void app.ws('/', () => {}), {
      maxConnectionsPerUser: 1,
      user: ({ headers }) => headers['x-user'] as string | undefined,
    });
    const ann = await connect(url, { headers: { 'X-User': 'ann' } });
    const named = formatHandshake({ headers: ['X-User: ann'] });
    const answer = await RawClient.exchange(port, named);
    expect(statusOf(answer)).toBe(429);
    expect(answer).toMatch(/\r\nRetry-After: 5\r\n/);
    expect(answer).toContain('Too many connections for this user: maxConnectionsPerUser is 1');
    const others = await Promise.all([connect(url, { headers: { 'X-User': 'bob' } }), connect(url), connect(url)]);
    ann.terminate();
    await expect.poll(() => router.sockets.size).toBe(others.length);
    others.push(await connect(url, { headers: { 'X-User': 'ann' } }));
    for (const socket of others) socket.terminate();
  });

  test('counts an upgrade that is being accepted, so that two at a time do not both pass', async () => {
    const heads: (() => void)[] = [];
    const { port } = await serveRouter(
      (app) => {
        app.use((_request, response, next) => {
          const end = response.end.bind(response);
          Object.assign(response, { end: () => void heads.push(() => end()) });
          next();
        });
        app.ws('/', () => {});
      },
      { maxConnectionsPerUser: 1, user: () => 'ann' },
    );
    const first = await RawClient.open(port);
    first.write(formatHandshake());
    await expect.poll(() => heads.length).toBe(1);
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(429);
    heads[0]!();
    expect(statusOf(await first.until('\r\n\r\n'))).toBe(101);
    first.reset();
  });
});

describe('maxMemoryPercent', () => {
  test('refuses upgrades with 503 and Retry-After while memory is fuller than it allows', async () => {
    const { port } = await serveRouter((app) => void app.ws('/', () => {}), { maxMemoryPercent: 0 });
    const answer = await RawClient.exchange(port, formatHandshake());
    expect(statusOf(answer)).toBe(503);
    expect(answer).toMatch(/\r\nRetry-After: 5\r\n/);
    expect(answer).toContain('Too little memory is left: maxMemoryPercent is 0');
  });
});

test('an app that is full and closing says that it is closing', async () => {
  const { port, router } = await serveRouter((app) => void app.ws('/', () => {}), { maxConnections: 0 });
  await router.close();
  expect(await RawClient.exchange(port, formatHandshake())).toContain('The server is closing');
});

test('the TCP connection of an upgrade sends without delay, and probes a silent peer after 30 s', async () => {
  const { server, url } = await serveRouter((app) => void app.ws('/', () => {}));
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const socket = connect(url);
  const [tcp] = await connected;
  const noDelay = vi.spyOn(tcp, 'setNoDelay');
  const keepAlive = vi.spyOn(tcp, 'setKeepAlive');
  (await socket).terminate();
  expect(noDelay.mock.calls).toEqual([[true]]);
  expect(keepAlive.mock.calls).toEqual([[true, 30_000]]);
});
