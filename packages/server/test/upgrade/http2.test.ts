import { once } from 'node:events';
import {
  connect as connectHttp2,
  createServer,
  Http2ServerResponse,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { WebSocket } from '@turnout/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRouter, type CreateRouterOptions, type WebSocketRouter } from '@turnout/test-kit/serve-router';

interface Serving {
  readonly router: WebSocketRouter;
  readonly server: Http2Server;
  readonly session: ClientHttp2Session;
  readonly port: number;
  readonly errors: unknown[];
}

async function serve(setUp: (router: WebSocketRouter) => void, options: CreateRouterOptions = {}): Promise<Serving> {
  const errors: unknown[] = [];
  const router = createRouter({ onError: (error) => errors.push(error), ...options });
  setUp(router);
  const server = createServer();
  router.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await once(session, 'remoteSettings');
  onTestFinished(async () => {
    session.destroy();
    server.close();
    await once(server, 'close');
  });
  return { router, server, session, port, errors };
}

async function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
): Promise<{ stream: ClientHttp2Stream; status: number; answer: IncomingHttpHeaders }> {
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': '13', ...headers },
    { endStream: false },
  );
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
  return { stream, status: answer[':status'], answer };
}

async function bodyOf(stream: ClientHttp2Stream): Promise<string> {
  let body = '';
  for await (const chunk of stream.setEncoding('utf8')) body += chunk as string;
  return body;
}

describe('a WebSocket over HTTP/2', () => {
  test('is advertised in the settings, and accepted with 200 and no connection headers', async () => {
    const { session, router } = await serve((app) => {
      app.ws('/', { protocols: ['chat'] }, (socket) => {
        socket.on('message', (data) => socket.send(`echo ${data.toString()}`));
      });
    });
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
    const { stream, status, answer } = await ask(session, { 'sec-websocket-protocol': 'chat' });
    expect([status, answer['sec-websocket-protocol']]).toEqual([200, 'chat']);
    expect(answer).not.toHaveProperty('sec-websocket-accept');
    expect(answer).not.toHaveProperty('content-length');
    const socket = new WebSocket(stream, { role: 'client' });
    socket.send('hello');
    expect(await socket.receive()).toBe('echo hello');
    socket.close(1000, 'bye');
    expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
    await expect.poll(() => router.sockets.size).toBe(0);
  });

  test('shares one connection with others and plain requests', async () => {
    const { session, router } = await serve((app) => {
      app.ws('/:name', (socket, request) => {
        socket.on('message', (data) => socket.send(`${request.params.name} ${data.toString()}`));
      });
      app.get('/page', (_request, response) => void response.end('page'));
    });
    const names = ['a', 'b', 'page'];
    const sockets = await Promise.all(
      names.map(async (name) => {
        const { stream } = await ask(session, { ':path': `/${name}` });
        return new WebSocket(stream, { role: 'client' });
      }),
    );
    const page = session.request({ ':path': '/page' });
    expect(await bodyOf(page)).toBe('page');
    for (const socket of sockets) socket.send('x'.repeat(100_000));
    const answers = await Promise.all(sockets.map((socket) => socket.receive()));
    expect(answers.map((text) => String(text).slice(0, 6))).toEqual(['a xxxx', 'b xxxx', 'page x']);
    for (const socket of sockets) socket.close();
    await expect.poll(() => router.sockets.size).toBe(0);
  });

  test('ends with 1006 if the client resets its stream or its connection', async () => {
    const codes: number[] = [];
    const { session } = await serve((app) => {
      app.ws('/', (socket) => void socket.on('close', (code) => codes.push(code)));
    });
    const { stream } = await ask(session);
    await ask(session);
    stream.close(8);
    await expect.poll(() => codes).toEqual([1006]);
    session.destroy();
    await expect.poll(() => codes).toEqual([1006, 1006]);
  });

  test('is refused by middleware, which sees a GET and the Host', async () => {
    const { session } = await serve((app) => {
      app.use((request, response, next) => {
        if (request.url !== '/seen') return next();
        response.statusCode = 401;
        response.end(`${request.method} ${request.headers.host}`);
      });
      app.ws('/seen', () => expect.unreachable('the handler'));
    });
    const { stream, status } = await ask(session, { ':path': '/seen', ':authority': 'good.test' });
    expect([status, await bodyOf(stream)]).toEqual([401, 'GET good.test']);
  });

  test.each([
    ['without a version', { 'sec-websocket-version': undefined }, 400],
    ['with another version', { 'sec-websocket-version': '8' }, 426],
    ['with an ambiguous target', { ':path': '//x' }, 400],
    ['with a body', { 'content-length': '3' }, 400],
    ['from another origin', { origin: 'http://evil.test' }, 403],
    ['with an invalid authority', { ':authority': 'good.test:x' }, 400],
    ['with a host that differs from its authority', { ':authority': 'good.test', host: 'evil.test' }, 400],
    ['with a host whose port differs from its authority', { ':authority': 'good.test', host: 'good.test:8080' }, 400],
    ['without a route', { ':path': '/nothing' }, 404],
    ['with another protocol', { ':protocol': 'webtransport' }, 501],
  ])('%s is refused', async (_name, headers, expected) => {
    const { session } = await serve((app) => void app.ws('/', () => {}));
    const { stream, status, answer } = await ask(session, headers as OutgoingHttpHeaders);
    expect(status).toBe(expected);
    expect(answer).not.toHaveProperty('upgrade');
    await bodyOf(stream);
  });

  test('compares the Origin with the authority, whatever the form of the host', async () => {
    const { session } = await serve((app) => void app.ws('/', () => {}));
    const named = { ':authority': 'good.test', host: 'GOOD.test:80' };
    expect((await ask(session, { ...named, origin: 'http://good.test' })).status).toBe(200);
    expect((await ask(session, { ...named, origin: 'http://good.test:8080' })).status).toBe(403);
  });

  test('is refused with 429 once its connection has maxStreamsPerConnection, and another connection is not', async () => {
    const { session, port, router } = await serve((app) => void app.ws('/', () => {}), { maxStreamsPerConnection: 2 });
    const [first] = [await ask(session), await ask(session)];
    const { stream, status, answer } = await ask(session);
    expect([status, answer['retry-after'], await bodyOf(stream)]).toEqual([
      429,
      '5',
      'Too many WebSockets on this connection: maxStreamsPerConnection is 2\n',
    ]);
    const other = connectHttp2(`http://127.0.0.1:${port}`);
    await once(other, 'remoteSettings');
    expect((await ask(other)).status).toBe(200);
    other.destroy();
    first!.stream.close(8);
    await expect.poll(() => router.sockets.size).toBe(1);
    expect((await ask(session)).status).toBe(200);
  });

  test('is no longer counted once it is refused', async () => {
    const { session } = await serve((app) => void app.ws('/', () => {}), { maxStreamsPerConnection: 1 });
    for (let count = 0; count < 3; count++) {
      const { stream, status } = await ask(session, { ':path': '/nothing' });
      expect(status).toBe(404);
      await bodyOf(stream);
      stream.end();
      await once(stream, 'close');
    }
    expect((await ask(session)).status).toBe(200);
  });

  test('knows the client’s address', async () => {
    const { session } = await serve((app) => void app.ws('/', (socket) => socket.send(socket.remoteAddress!)));
    const { stream } = await ask(session);
    const socket = new WebSocket(stream, { role: 'client' });
    expect(await socket.receive()).toBe('127.0.0.1');
    socket.terminate();
  });

  test('is refused with Retry-After while the app closes', async () => {
    const { session, router } = await serve((app) => void app.ws('/', () => {}));
    await router.close();
    const { stream, status, answer } = await ask(session);
    expect([status, answer['retry-after'], await bodyOf(stream)]).toEqual([503, '5', 'The server is closing\n']);
  });

  test('gets 503 if middleware does not answer in time, and 500 if it fails', async () => {
    const { session, errors } = await serve(
      (app) => {
        app.ws(
          '/slow',
          () => {},
          () => {},
        );
        app.ws(
          '/broken',
          () => {
            throw new Error('Broken');
          },
          () => {},
        );
      },
      { handshakeTimeout: 30 },
    );
    expect((await ask(session, { ':path': '/slow' })).status).toBe(503);
    expect((await ask(session, { ':path': '/broken' })).status).toBe(500);
    expect(errors).toMatchObject([{ message: 'Broken' }]);
  });

  test('gets the headers that response hooks add, as in node:http, except Content-Length', async () => {
    const { session } = await serve((app) => {
      app.use((_request, response, next) => {
        const writeHead = response.writeHead.bind(response);
        Object.assign(response, {
          writeHead: (status: number) => writeHead(status, { 'Content-Length': '0', 'X-Hook': 'yes' }),
        });
        next();
      });
      app.ws('/', (socket) => void socket.send('open'));
    });
    const { stream, answer } = await ask(session);
    expect(answer['x-hook']).toBe('yes');
    expect(answer).not.toHaveProperty('content-length');
    const socket = new WebSocket(stream, { role: 'client' });
    expect(await socket.receive()).toBe('open');
    socket.terminate();
  });

  test('lets hooks write the head of a response before its end, as in node:http', async () => {
    const { session } = await serve((app) => {
      app.use((_request, response) => {
        response.statusCode = 403;
        (response as unknown as { _implicitHeader(): void })._implicitHeader();
        expect(response.headersSent).toBe(true);
        response.end('no');
      });
    });
    const { stream, status } = await ask(session);
    expect([status, await bodyOf(stream)]).toEqual([403, 'no']);
  });

  test('is left to others if no route claims it, and so is CONNECT for another purpose', async () => {
    const { session, server } = await serve((app) => void app.ws('/', (socket) => void socket.send('ours')));
    const seen: string[] = [];
    server.on('connect', (request, response) => {
      if (!(response instanceof Http2ServerResponse) || request.url === '/') return;
      seen.push(`${request.method} ${request.url}`);
      response.statusCode = 418;
      response.end();
    });
    expect((await ask(session, { ':path': '/theirs' })).status).toBe(418);
    expect((await ask(session, { ':protocol': 'webtransport', ':path': '/other' })).status).toBe(418);
    expect(seen).toEqual(['CONNECT /theirs', 'CONNECT /other']);
    const { stream } = await ask(session);
    const socket = new WebSocket(stream, { role: 'client' });
    expect(await socket.receive()).toBe('ours');
    socket.terminate();
    // A tunnel that the other listener serves.
    const tunnel = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    server.emit('connect', {}, tunnel, Buffer.alloc(0));
    expect(tunnel.destroyed).toBe(false);
    tunnel.destroy();
  });

  test('closes the connection of a proxy request over HTTP/1.1', async () => {
    const { server } = await serve(() => {});
    const proxied = connectTcp((server.address() as AddressInfo).port, '127.0.0.1');
    server.emit('connect', {}, proxied, Buffer.alloc(0));
    await once(proxied, 'close');
  });
});
