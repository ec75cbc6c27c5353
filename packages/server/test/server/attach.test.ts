import { once } from 'node:events';
import { createServer, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { connect } from '@turnout/core';
import { describe, expect, test } from 'vitest';
import { createRouter, serveRouter } from '@turnout/test-kit/serve-router';
import { attach, UpgradeServer } from '../../src/adapter.ts';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { listen } from '@turnout/test-kit/listen';

/** Answers an upgrade as another library would. */
function answerForeign(_request: IncomingMessage, duplex: Duplex): void {
  duplex.end('HTTP/1.1 418 Foreign\r\n\r\n');
}

describe('beside another listener for upgrade', () => {
  test('a router takes the upgrades that match its routes, and leaves all others alone', async () => {
    const { server, port, url } = await serveRouter((router) => {
      router.get('/page', (_request, response) => void response.end('page'));
      router.ws('/ours', (socket) => socket.send('ours'));
    });
    server.on('upgrade', (request: IncomingMessage, duplex: Duplex) => {
      if (request.url !== '/ours') answerForeign(request, duplex);
    });
    const socket = await connect(`${url}/ours`);
    expect(await socket.receive()).toBe('ours');
    socket.terminate();
    for (const target of ['/theirs', '/page']) {
      const answer = await RawClient.exchange(port, formatHandshake({ target }));
      expect(answer).toBe('HTTP/1.1 418 Foreign\r\n\r\n');
    }
    const h2c = 'GET /ours HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
    server.on('upgrade', answerForeign);
    expect(await RawClient.exchange(port, h2c)).toMatch(/^HTTP\/1.1 418/);
  });

  test('a client that resets its connection does not end the process', async () => {
    const { server, port } = await serveRouter((router) => void router.ws('/ours', () => {}));
    server.on('upgrade', () => {});
    const taken = once(server, 'upgrade');
    const client = await RawClient.open(port);
    client.write(formatHandshake({ target: '/theirs' }));
    const [, duplex] = (await taken) as [IncomingMessage, Duplex];
    const closed = new Promise((resolve) => duplex.once('close', resolve));
    duplex.resume();
    client.reset();
    await closed;
  });
});

describe('several routers on a server', () => {
  test('each take the upgrades that match their routes; the first answers all others', async () => {
    const server = createServer();
    const [first, second] = [createRouter(), createRouter()];
    first.ws('/first', (socket) => socket.send('first'));
    second.ws('/second', (socket) => socket.send('second'));
    for (const router of [first, second, first]) router.attach(server);
    const { url, port } = await listen(server);
    expect([server.listenerCount('upgrade'), server.listenerCount('request')]).toEqual([1, 1]);
    for (const name of ['first', 'second']) {
      const socket = await connect(`${url}/${name}`);
      expect(await socket.receive()).toBe(name);
      socket.terminate();
    }
    expect(statusOf(await RawClient.exchange(port, formatHandshake({ target: '/none' })))).toBe(404);
  });
});

describe('a plain request', () => {
  test('is answered by the router if there is no other listener', async () => {
    const { port } = await serveRouter((router) => {
      router.get('/page', (_request, response) => void response.end('page'));
      router.get('/error', () => {
        throw new Error('Broken');
      });
      router.ws('/page', () => {});
      router.ws('/socket', () => {});
      router.ws('/handled', () => {});
      router.get('/handled', (_request, response) => void response.end('handled'));
    });
    const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
    expect(await (await get('/page')).text()).toBe('page');
    expect(await (await get('/handled')).text()).toBe('handled');
    const required = await get('/socket');
    expect([required.status, required.headers.get('upgrade'), await required.text()]).toEqual([
      426,
      'websocket',
      'Upgrade required: this path is a WebSocket, and the request does not ask for one\n',
    ]);
    expect((await get('/none')).status).toBe(404);
    expect((await get('/error')).status).toBe(500);
  });

  test('for a WebSocket path keeps its connection open, or closes it if the client asks', async () => {
    const { port } = await serveRouter((router) => void router.ws('/', () => {}));
    const client = await RawClient.open(port);
    const answer = await client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n').until('ask for one');
    expect(answer).toContain('\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await client.untilEnd()).toContain('\r\nConnection: Upgrade, close\r\n');
  });

  test.each([
    ['HEAD', 426],
    ['POST', 404],
    ['OPTIONS', 404],
  ])('with method %s for a WebSocket path gets %i', async (method, status) => {
    const { port } = await serveRouter((router) => void router.ws('/', () => {}));
    expect((await fetch(`http://127.0.0.1:${port}/`, { method })).status).toBe(status);
  });

  test('that lost its Upgrade header on the way gets that reason', async () => {
    const { port } = await serveRouter((router) => void router.ws('/', () => {}));
    const text = formatHandshake({ without: 'Connection', headers: ['Connection: close'] });
    const answer = await RawClient.exchange(port, text);
    expect(statusOf(answer)).toBe(426);
    expect(answer).toContain('a proxy in between seems to remove');
  });

  test('keeps the response that middleware has begun, and a later error cuts it off', async () => {
    const { port, errors } = await serveRouter((router) => {
      router.ws('/', () => {});
      router.use((request, response, next) => {
        response.write('begun');
        if (request.url === '/error') return next(new Error('Broken'));
        next();
        response.end(' and ended');
      });
    });
    const get = (path: string): Promise<string> =>
      RawClient.exchange(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(await get('/')).toContain('and ended');
    expect(await get('/error')).not.toContain('and ended');
    expect(errors).toMatchObject([{ message: 'Broken' }]);
  });

  test('is left to the server’s own listener', async () => {
    const router = createRouter();
    router.ws('/', () => {});
    const server = createServer((_request, response) => void response.end('from the server'));
    router.attach(server);
    const { port } = await listen(server);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('from the server');
  });

  test('reaches a router that is the listener itself, or middleware', async () => {
    const inner = createRouter();
    inner.get('/page', (_request, response) => void response.end('inner page'));
    inner.ws('/socket', (socket) => socket.send('inner socket'));
    const router = createRouter();
    router.use('/inner', inner);
    const server = createServer(router);
    router.attach(server);
    const { port, url } = await listen(server);
    expect(await (await fetch(`http://127.0.0.1:${port}/inner/page`)).text()).toBe('inner page');
    expect((await fetch(`http://127.0.0.1:${port}/inner/none`)).status).toBe(404);
    const socket = await connect(`${url}/inner/socket`);
    expect(await socket.receive()).toBe('inner socket');
    socket.terminate();
  });
});

describe('an upgrade to another protocol', () => {
  const h2c = (lines: string, method = 'GET'): string =>
    `${method} /page HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n${lines}\r\n`;

  test('is served as a plain request', async () => {
    const { port } = await serveRouter((router) => {
      router.get('/page', (_request, response) => void response.end('page'));
      router.post('/page', (_request, response) => void response.end('posted'));
    });
    const answer = await RawClient.exchange(port, h2c('HTTP2-Settings: AAMAAABkAAQAAP__\r\n'));
    expect([statusOf(answer), answer.endsWith('page'), answer.includes('Connection: close')]).toEqual([
      200,
      true,
      true,
    ]);
    expect(await RawClient.exchange(port, h2c('Content-Length: 0\r\n', 'POST'))).toMatch(/posted$/);
  });

  test.each(['Content-Length: 4\r\n', 'Transfer-Encoding: chunked\r\n'])('is refused with %j', async (line) => {
    const { port } = await serveRouter((router) => void router.post('/page', () => {}));
    expect(statusOf(await RawClient.exchange(port, `${h2c(line, 'POST')}body`))).toBe(400);
  });

  test('is a WebSocket if the list of protocols includes it', async () => {
    const { port } = await serveRouter((router) => void router.ws('/', () => {}));
    const client = await RawClient.open(port);
    client.write(formatHandshake({ without: 'Upgrade', headers: ['Upgrade: h2c, websocket'] }));
    expect(statusOf(await client.until('\r\n\r\n'))).toBe(101);
    client.reset();
  });
});

describe('an upgrade server', () => {
  const binding = { dispatch: () => {}, dispatchUpgrade: () => {}, claims: () => false };

  test('takes the address of a request from the scheme of the connection and the Host', () => {
    const upgradeServer = new UpgradeServer(binding);
    const plain = new IncomingMessage(new Socket());
    plain.headers.host = 'good.test';
    const secure = new IncomingMessage(new TLSSocket(new Socket()));
    expect(upgradeServer.addressOf(plain)).toEqual({ scheme: 'http', host: 'good.test' });
    expect(upgradeServer.addressOf(secure)).toEqual({ scheme: 'https', host: undefined });
  });

  test('takes the address from the app if the app provides it', () => {
    const address = { scheme: 'https', host: 'behind.proxy' };
    const upgradeServer = new UpgradeServer({ ...binding, addressOf: () => address });
    expect(upgradeServer.addressOf(new IncomingMessage(new Socket()))).toBe(address);
  });

  test('counts upgrades until they are answered, and answers 500 if the app throws', async () => {
    const errors: unknown[] = [];
    const counts: number[] = [];
    const server = createServer();
    const upgradeServer: UpgradeServer = new UpgradeServer(
      {
        ...binding,
        dispatchUpgrade: () => {
          counts.push(upgradeServer.pendingCount);
          throw new Error('Broken');
        },
      },
      { onError: (error) => errors.push(error) },
    );
    attach(server, upgradeServer);
    const { port } = await listen(server);
    expect(statusOf(await RawClient.exchange(port, formatHandshake()))).toBe(500);
    expect([counts, upgradeServer.pendingCount, errors]).toMatchObject([[1], 0, [{ message: 'Broken' }]]);
  });
});
