import { createServer, type Server } from 'node:http';
import { attach, turnout, type WebSocketApp } from '@turnout/express';
import { createRouter } from '@turnout/router';
import express, { type Express } from 'express';
import session from 'express-session';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectTo, expectRefused } from '../src/index.ts';

function serve(setUp: (app: Express & WebSocketApp) => void, options: Parameters<typeof turnout>[1] = {}): Server {
  const app = turnout(express(), { onError: () => {}, ...options });
  setUp(app);
  const server = createServer(app);
  attach(server, app);
  onTestFinished(() => app.close({ timeout: 0 }));
  return server;
}

function echo(app: Express & WebSocketApp): void {
  app.ws('/echo', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}

describe('connectTo()', () => {
  test('opens a socket on a server that does not listen, and sends and compares messages', async () => {
    const server = serve(echo);
    const client = await connectTo(server, '/echo');
    expect(server.listening).toBe(false);
    for (const message of ['text', Buffer.from([1, 2, 3]), { a: [1, null] }, 7, null, 'x'.repeat(500_000)]) {
      client.send(message);
      await client.expect(message);
    }
    client.send('some words');
    await client.expect(/^some/);
    client.close(4000, 'bye');
    await client.expectClose(4000, 'bye');
  });

  test('passes headers, subprotocols and compression on', async () => {
    const server = serve((app) => {
      app.ws('/', { protocols: ['chat'], perMessageDeflate: true }, (socket, request) => {
        socket.send([socket.protocol, request.get('X-Token'), socket.extensions].join());
      });
    });
    const client = await connectTo(server, '/', {
      headers: { 'X-Token': 't' },
      protocols: ['chat'],
      perMessageDeflate: true,
    });
    await client.expect(/^chat,t,permessage-deflate/);
  });

  test('sets a session on the request, which express-session keeps', async () => {
    const server = serve((app) => {
      app.use(session({ secret: 's', resave: false, saveUninitialized: false }));
      app.ws('/me', (socket, request) => void socket.send(JSON.stringify(request.session)));
    });
    const client = await connectTo(server, '/me', { session: { user: 'ann' } });
    await client.expect({ user: 'ann' });
    expect(server.listenerCount('upgrade')).toBe(1);
  });

  test('rejects if the upgrade is refused', async () => {
    const server = serve(echo);
    await expect(connectTo(server, '/nothing')).rejects.toMatchObject({ status: 404 });
    expect(server.listenerCount('upgrade')).toBe(1);
  });

  test('reports the close if the server destroys the connection', async () => {
    const server = serve((app) => {
      app.ws('/', (socket) => socket.terminate());
    });
    await (await connectTo(server, '/')).expectClose(1006);
  });
});

describe('a failed expectation', () => {
  test.each([
    ['another text', 'a', 'b', /Expected values to be strictly deep-equal/],
    ['no match', 'a', /^b/, /Expected text like \/\^b\/, got 'a'/],
    ['not JSON', 'a', { b: 1 }, /Expected JSON, got 'a'/],
    ['bytes instead of a match', Buffer.from('a'), /a/, /Expected text like/],
  ])('is reported: %s', async (_name, sent, expected, message) => {
    const client = await connectTo(serve(echo), '/echo');
    client.send(sent);
    await expect(client.expect(expected)).rejects.toThrow(message);
    client.close();
  });

  test('is reported: no message, an unexpected one, a close, no close, another close', async () => {
    const client = await connectTo(serve(echo), '/echo');
    await expect(client.expect('x', { timeout: 20 })).rejects.toThrow('No message within 20 ms');
    await client.expectNothing(20);
    client.send('x');
    await expect(client.expectNothing()).rejects.toThrow("Expected no message, got 'x'");
    await expect(client.expectClose(1000, '', { timeout: 20 })).rejects.toThrow('Not closed within 20 ms');
    await client.expect('x');
    client.close(4000, 'bye');
    await expect(client.next()).rejects.toThrow('Expected a message, but the socket was closed');
    await expect(client.expectClose(4001)).rejects.toThrow('4001');
    await expect(client.expectClose(4000, 'good day')).rejects.toThrow('good day');
  });
});

describe('expectRefused()', () => {
  const server = (): Server =>
    serve((app) => {
      echo(app);
      app.ws(
        '/private',
        (_request, response) => void response.status(401).set('X-Why', 'log-in').send('Log in first'),
        () => {},
      );
    });

  test('returns the answer', async () => {
    const { status, headers, body } = await expectRefused(server(), '/private', 401);
    expect([status, headers['x-why'], body]).toEqual([401, 'log-in', 'Log in first']);
  });

  test('reports another status, no answer, and an accepted upgrade', async () => {
    await expect(expectRefused(server(), '/private', 403)).rejects.toThrow(
      'Expected /private to be refused with 403, got 401: Log in first',
    );
    await expect(expectRefused(server(), '/echo', 401)).rejects.toThrow('but it was accepted');
    await expect(expectRefused(createServer(), '/', 401, { handshakeTimeout: 10 })).rejects.toThrow('No answer within');
  });
});

describe('throttle()', () => {
  test('simulates a reader that reads nothing: it is disconnected, and others are not affected', async () => {
    const server = serve(
      (app) => {
        echo(app);
        app.ws('/flood', (socket) => {
          const timer = setInterval(() => socket.send(Buffer.alloc(20_000)), 1);
          socket.on('close', () => clearInterval(timer));
        });
      },
      { sendTimeout: 100 },
    );
    const stalled = await connectTo(server, '/flood');
    stalled.throttle(0);
    const other = await connectTo(server, '/echo');
    other.send('fine');
    await other.expect('fine');
    await stalled.expectClose(1006);
    other.send('still fine');
    await other.expect('still fine');
  });

  test('simulates a reader that reads nothing for sendTimeout', async () => {
    const server = serve(
      (app) => {
        app.ws('/', (socket) => void socket.send(Buffer.alloc(1_000)));
      },
      { sendTimeout: 30 },
    );
    const closed: number[] = [];
    const client = await connectTo(server, '/');
    client.throttle(0);
    client.socket.on('close', (code) => closed.push(code));
    await client.expectClose(1006);
    expect(closed).toEqual([1006]);
  });

  test('simulates a slow reader that loses nothing', async () => {
    const router = createRouter();
    router.ws('/', (socket) => {
      for (let index = 0; index < 20; index++) socket.send(String(index).repeat(100));
    });
    const server = createServer();
    router.attach(server);
    const client = await connectTo(server, '/');
    client.throttle(100_000);
    for (let index = 0; index < 20; index++) await client.expect(String(index).repeat(100));
    client.close();
    await client.expectClose(1005);
  });
});

describe('a fake clock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('triggers Pings immediately', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
    const server = serve(echo, { pingInterval: 12_345, pongTimeout: 1_000 });
    const client = await connectTo(server, '/echo');
    let pings = 0;
    client.socket.on('ping', () => pings++);
    for (let tick = 0; tick < 80 && pings === 0; tick++) {
      await vi.advanceTimersByTimeAsync(500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pings).toBe(1);
    client.socket.terminate();
  });
});

test('unknown options are rejected, with the nearest name', async () => {
  const server = createServer();
  await expect(connectTo(server, '/', { cookie: {} } as object)).rejects.toThrow('did you mean cookies?');
  await expect(connectTo(server, '/', { sesion: {} } as object)).rejects.toThrow('did you mean session?');
  await expect(expectRefused(server, '/', 401, { header: {} } as object)).rejects.toThrow('did you mean headers?');
});
