import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from '@turnout/core';
import { connectTo, expectRefused } from '@turnout/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dialTcp, handshakeText } from '../abuse/raw-peer.ts';
import type { Transport } from './framework.ts';
import { frameworks } from './frameworks.ts';
import { serve, transports } from './serving.ts';

/** Express makes its requests of a class that those of HTTP/2 are not. */
const everywhere = frameworks.flatMap((framework) =>
  Object.entries<Transport>(transports)
    .filter(([, { version }]) => version === 1 || !framework.name.startsWith('express'))
    .map(([transport, settings]) => [framework.name, transport, framework, settings] as const),
);

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

describe.each(everywhere)('%s over %s', (_name, _transport, framework, transport) => {
  test('a route gets the socket, the parameters of its path and the target of the request', async () => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/rooms/:room', {
        handler: (socket, { params, url }) => {
          socket.send(JSON.stringify([params['room'], url]));
          echo(socket);
        },
      });
    });
    const { client, next, closed } = await server.open('/rooms/a%20b?x=1');
    expect(JSON.parse(await next())).toEqual(['a b', '/rooms/a%20b?x=1']);
    client.send('text');
    expect(await next()).toBe('text');
    client.close(4000, 'bye');
    expect(await closed).toEqual({ code: 4000, reason: 'bye' });
    await expect.poll(() => server.app.sockets.size).toBe(0);
  });

  test('what the client sends while middleware waits is not lost', async () => {
    const server = await serve(framework, transport, (app) => {
      app.use(async () => delay(30));
      app.ws('/echo', { steps: [async () => delay(30)], handler: async (socket) => (await delay(30), echo(socket)) });
    });
    const { client, next } = await server.open('/echo');
    for (const text of ['1', '2', '3']) client.send(text);
    expect([await next(), await next(), await next()]).toEqual(['1', '2', '3']);
  });

  test('middleware of the app and of the route runs in order, sees a GET, and its headers and cookies are on the 101', async () => {
    const seen: string[] = [];
    const server = await serve(framework, transport, (app) => {
      app.use(({ setHeader, method, url, message }) => {
        seen.push(`app ${method} ${url}`, `app ${message.method}`);
        setHeader('X-App', 'yes');
        setHeader('Set-Cookie', ['a=1', 'b=2']);
      });
      app.ws('/echo', {
        steps: [
          ({ setHeader, method, message }) => {
            seen.push(`route ${method}`, `route ${message.method}`);
            setHeader('X-Route', 'yes');
            // Neither may be on a 101.
            setHeader('Content-Type', 'text/html');
            setHeader('Sec-WebSocket-Accept', 'forged');
          },
        ],
        handler: echo,
      });
    });
    const { headers } = await server.open('/echo?q');
    expect(seen).toEqual(['app GET /echo?q', 'app GET', 'route GET', 'route GET']);
    expect(headers).toMatchObject({ 'x-app': 'yes', 'x-route': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    expect(headers).not.toHaveProperty('content-type');
  });

  test.each(['app', 'route'])(
    'a guard of GET in the middleware of the %s guards a WebSocket as it does a page',
    async (where) => {
      const server = await serve(framework, transport, (app) => {
        const guard = ({ method, message, answer }: Parameters<Parameters<typeof app.use>[0]>[0]): void => {
          if (method === 'GET' || message.method === 'GET') answer(401, 'Log in first');
        };
        if (where === 'app') app.use(guard);
        app.get('/page', 'page');
        app.ws('/echo', {
          steps: where === 'route' ? [guard] : [],
          handler: () => expect.unreachable('the handler of a guarded route'),
        });
      });
      expect((await server.refusal('/echo')).status).toBe(401);
      expect((await server.get('/page')).status).toBe(where === 'app' ? 401 : 200);
    },
  );

  test('who has maxConnectionsPerAddress gets 429, and is let in once one has gone', async () => {
    const server = await serve(framework, transport, (app) => app.ws('/echo', { handler: echo }), {
      maxConnectionsPerAddress: 2,
    });
    const [first] = [await server.open('/echo'), await server.open('/echo')];
    const { status, headers, body } = await server.refusal('/echo');
    expect([status, headers['retry-after']]).toEqual([429, '5']);
    expect(body).toContain('maxConnectionsPerAddress is 2');
    first!.client.terminate();
    await expect.poll(() => server.app.sockets.size).toBe(1);
    await server.open('/echo');
  });

  if (framework.knowsProxies) {
    test.each([true, false])(
      'addresses are those that the app believes (trusts its proxy: %s)',
      async (trustsProxy) => {
        const server = await serve(framework, transport, (app) => app.ws('/echo', { handler: echo }), {
          maxConnectionsPerAddress: 1,
          trustsProxy,
        });
        const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
        await server.open('/echo', from('192.0.2.1'));
        if (trustsProxy) await server.open('/echo', from('2001:db8:1:2::1'));
        expect((await server.refusal('/echo', from('2001:db8:1:2::2'))).status).toBe(429);
        expect((await server.refusal('/echo', from('::ffff:192.0.2.1'))).status).toBe(429);
      },
    );
  }

  test('who has maxConnectionsPerUser gets 429, and nobody else', async () => {
    const user = ({ headers }: { headers: IncomingHttpHeaders }): string | undefined => headers['x-user'] as string;
    const server = await serve(framework, transport, (app) => app.ws('/echo', { handler: echo }), {
      maxConnectionsPerUser: 1,
      user,
    });
    await server.open('/echo', { headers: { 'X-User': 'ann' } });
    const { status, headers, body } = await server.refusal('/echo', { headers: { 'X-User': 'ann' } });
    expect([status, headers['retry-after']]).toEqual([429, '5']);
    expect(body).toContain('maxConnectionsPerUser is 1');
    await server.open('/echo', { headers: { 'X-User': 'bob' } });
    await Promise.all([server.open('/echo'), server.open('/echo')]);
  });

  if (transport.version === 2) {
    test('one connection of HTTP/2 takes no more than its share', async () => {
      const server = await serve(framework, transport, (app) => app.ws('/echo', { handler: echo }), {
        maxStreamsPerConnection: 2,
      });
      const [first] = [await server.open('/echo'), await server.open('/echo')];
      expect(await server.refusal('/echo')).toMatchObject({
        status: 429,
        body: 'Too many WebSockets on this connection: maxStreamsPerConnection is 2\n',
      });
      first!.client.terminate();
      await expect.poll(() => server.app.sockets.size).toBe(1);
      await server.open('/echo');
    });

    test('a Host that is not the authority is 400, and the Origin is that of the authority', async () => {
      const server = await serve(framework, transport, (app) => app.ws('/echo', { handler: echo }));
      const scheme = transport.tls === undefined ? 'http' : 'https';
      const ask = (host: string, Origin: string) => ({ headers: { ':authority': 'good.test', host, Origin } });
      expect((await server.refusal('/echo', ask('evil.test', `${scheme}://evil.test`))).status).toBe(400);
      expect((await server.refusal('/echo', ask('evil.test', `${scheme}://good.test`))).status).toBe(400);
      await server.open('/echo', ask('GOOD.test', `${scheme}://good.test`));
    });
  }

  test('what serves files in front answers no WebSocket, and serves its files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'turnout-files-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'chat'));
    for (const name of ['index.html', 'feed', 'chat/index.html']) await writeFile(join(folder, name), `file ${name}`);
    const paths = ['/', '/feed', '/chat'];
    let hasFiles = false;
    const server = await serve(framework, transport, (app) => {
      app.use(({ setHeader }) => setHeader('X-App', 'yes'));
      hasFiles = app.serveFiles !== undefined;
      app.serveFiles?.(folder);
      for (const path of paths) app.ws(path, { handler: (socket) => void socket.send(path) });
    });
    for (const path of paths) {
      const { next, headers } = await server.open(path);
      expect([await next(), headers['x-app']]).toEqual([path, 'yes']);
      for (const name of ['etag', 'last-modified', 'location']) expect(headers).not.toHaveProperty(name);
    }
    if (hasFiles) expect((await server.get('/feed')).body).toBe('file feed');
  });

  test.each(['app', 'route'])('an answer of the middleware of the %s refuses', async (where) => {
    const server = await serve(framework, transport, (app) => {
      const deny = async ({ setHeader, answer }: Parameters<Parameters<typeof app.use>[0]>[0]): Promise<void> => {
        await delay(5);
        setHeader('WWW-Authenticate', 'Cookie');
        answer(401, 'Log in first');
      };
      if (where === 'app') app.use(deny);
      app.ws('/echo', {
        steps: where === 'route' ? [deny] : [],
        handler: () => expect.unreachable('the handler of a refused upgrade'),
      });
    });
    const { status, headers, body } = await server.refusal('/echo');
    expect([status, body]).toEqual([401, 'Log in first']);
    expect(headers).toMatchObject({
      'www-authenticate': 'Cookie',
      ...(transport.version === 1 && { connection: 'close' }),
    });
    expect(server.app.sockets.size).toBe(0);
  });

  test('an error of the middleware gets the answer that the framework gives it', async () => {
    const server = await serve(framework, transport, (app) => {
      const fail = (error: Error) => () => {
        throw error;
      };
      const forbidden = Object.assign(new Error('Not for you'), { status: 403, statusCode: 403, expose: true });
      app.ws('/forbidden', { steps: [fail(forbidden)], handler: echo });
      app.ws('/broken', { steps: [fail(new Error('secret'))], handler: echo });
      app.get('/page', 'page');
    });
    expect(await server.refusal('/forbidden')).toMatchObject({ status: 403 });
    expect((await server.refusal('/broken')).status).toBe(500);
    expect((await server.get('/page')).body).toBe('page');
  });

  test('a path without a route gets the 404 of the app', async () => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/echo', { handler: echo });
      app.get('/page', 'page');
    });
    expect((await server.refusal('/nothing')).status).toBe(404);
    expect((await server.refusal('/page')).status).toBe(404);
    expect((await server.get('/nothing')).status).toBe(404);
  });

  test('a page and a WebSocket live on one path, in either order', async () => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/first', { handler: echo });
      app.get('/first', 'first');
      app.get('/second', 'second');
      app.ws('/second', { handler: echo });
    });
    for (const path of ['first', 'second']) {
      expect(await server.get(`/${path}`)).toMatchObject({ status: 200, body: path });
      const { client, next } = await server.open(`/${path}`);
      client.send(path);
      expect(await next()).toBe(path);
    }
  });

  test('a plain request of a path that only a WebSocket has is told what to ask', async () => {
    const server = await serve(framework, transport, (app) => app.ws('/echo/:x', { handler: echo }));
    const { status, headers, body } = await server.get('/echo/1');
    if (transport.version === 1) expect([status, headers.upgrade]).toEqual([426, 'websocket']);
    else expect([status, headers.allow]).toEqual([405, 'CONNECT']);
    expect(body).toContain('this path is a WebSocket');
  });

  test('the origin is the own one, or one that the route lists', async () => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/own', { handler: echo });
      app.ws('/listed', { options: { origin: ['https://listed.test'] }, handler: echo });
    });
    const from = (Origin: string) => ({ headers: { Origin } });
    const refused = await server.refusal('/own', from('https://evil.test'));
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('Origin https://evil.test may not open a WebSocket here');
    expect((await server.refusal('/own', from('null'))).status).toBe(403);
    expect((await server.refusal('/listed', from('https://evil.test'))).status).toBe(403);
    for (const [path, origin] of [
      ['/own', server.origin],
      ['/listed', server.origin],
      ['/listed', 'https://listed.test'],
    ] as const) {
      const { client } = await server.open(path, from(origin));
      client.terminate();
    }
  });

  test('who sends no Origin is no browser, and passes, with a cookie or without', async () => {
    const server = await serve(framework, transport, (app) => app.ws('/own', { handler: echo }));
    for (const headers of [{}, { Cookie: 'session=1' }] as Record<string, string>[]) {
      const { client } = await server.open('/own', { headers });
      client.terminate();
    }
  });

  test('a forged X-Forwarded-Host changes no origin', async () => {
    const server = await serve(framework, transport, (app) => app.ws('/own', { handler: echo }));
    const forged = {
      Origin: 'https://evil.test',
      'X-Forwarded-Host': 'evil.test',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil.test;proto=https',
    };
    expect((await server.refusal('/own', { headers: forged })).status).toBe(403);
  });

  test.each([
    'https://good.test.evil.com',
    'https://evilgood.test',
    'https://good.test@evil.test',
    'http://good.test',
    'https://good.test:444',
    'https://good.test.',
    'https://xn--god-tna.test',
    'https://127.0.0.1',
  ])('the origin %s is not that of https://good.test', async (Origin) => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/listed', { options: { origin: ['https://good.test'] }, handler: echo });
    });
    expect((await server.refusal('/listed', { headers: { Origin } })).status).toBe(403);
    (await server.open('/listed', { headers: { Origin: 'https://GOOD.test' } })).client.terminate();
  });

  test('the subprotocol is one that the route speaks', async () => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/chat', { options: { protocols: ['chat.v2', 'chat.v1'] }, handler: echo });
    });
    const { client } = await server.open('/chat', { protocols: ['chat.v1', 'chat.v2'] });
    expect(client.protocol).toBe('chat.v2');
  });

  test('a handler that throws or rejects closes its socket with 1011, and the others live', async () => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/echo', { handler: echo });
      app.ws('/throws', {
        handler: () => {
          throw new Error('thrown');
        },
      });
      app.ws('/rejects', { handler: async () => Promise.reject(new Error('rejected')) });
      app.ws('/message', {
        handler: (socket) => {
          socket.on('message', async () => Promise.reject(new Error('in a message')));
        },
      });
    });
    const bystander = await server.open('/echo');
    expect((await (await server.open('/throws')).closed).code).toBe(1011);
    expect((await (await server.open('/rejects')).closed).code).toBe(1011);
    const { client, closed } = await server.open('/message');
    client.send('x');
    expect((await closed).code).toBe(1011);
    expect(server.errors).toMatchObject([{ message: 'thrown' }, { message: 'rejected' }, { message: 'in a message' }]);
    bystander.client.send('still here');
    expect(await bystander.next()).toBe('still here');
  });

  test('a malformed escape in a parameter is what it is for a page', async () => {
    const server = await serve(framework, transport, (app) => {
      app.ws('/rooms/:room', { handler: echo });
      app.get('/pages/:page', 'page');
    });
    for (const escape of ['%', '%E0%A4%A', '%zz']) {
      const { status } = await server.get(`/pages/${escape}`);
      if (status === 200) (await server.open(`/rooms/${escape}`)).client.terminate();
      else expect((await server.refusal(`/rooms/${escape}`)).status).toBe(status);
    }
  });

  test('a user is disconnected everywhere', async () => {
    const user = ({ headers }: { headers: IncomingHttpHeaders }): string | undefined => headers['x-user'] as string;
    const server = await serve(framework, transport, (app) => app.ws('/echo', { handler: echo }), { user });
    const ann = await server.open('/echo', { headers: { 'X-User': 'ann' } });
    await server.open('/echo', { headers: { 'X-User': 'bob' } });
    expect(await server.app.disconnectUser('ann')).toBe(1);
    expect((await ann.closed).code).toBe(3000);
    await expect.poll(() => server.app.sockets.size).toBe(1);
  });

  test('closing ends sockets with 1001', async () => {
    const server = await serve(framework, transport, (app) => app.ws('/echo', { handler: echo }));
    const { closed } = await server.open('/echo');
    const isClosed = server.app.close();
    expect((await closed).code).toBe(1001);
    // Fastify waits for connections of HTTP/2 too, which a client keeps.
    server.hangUp();
    await isClosed;
    expect(server.app.sockets.size).toBe(0);
  });
});

describe.each(frameworks.map((framework) => [framework.name, framework] as const))('%s', (_name, framework) => {
  /** All that a server says to these bytes until it ends the connection. */
  const exchange = async (port: number, text: string): Promise<string> => {
    const peer = await dialTcp(port);
    let answer = '';
    peer.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    peer.write(text);
    await once(peer, 'end');
    peer.destroy();
    return answer;
  };

  test('targets that two readers may understand differently are 400, and nothing of the app runs', async () => {
    let runs = 0;
    const server = await serve(framework, transports.http, (app) => {
      app.use(() => void runs++);
      app.ws('/ws', { handler: () => void runs++ });
    });
    const targets = [
      'http://evil/ws',
      '//evil/ws',
      '/ws#x',
      '/x/../ws',
      '/./ws',
      '/x\\..\\ws',
      '/%2e%2e/ws',
      '/ws%00',
      '*',
    ];
    for (const target of targets) {
      expect(await exchange(server.port, handshakeText({ target })), target).toMatch(/^HTTP\/1.1 400 /);
    }
    expect(runs).toBe(0);
  });

  test('an upgrade that no listener of the server takes is 404 once handshakeTimeout is over', async () => {
    const server = await serve(framework, transports.http, (app) => app.ws('/echo', { handler: echo }), {
      handshakeTimeout: 40,
    });
    server.server.on('upgrade', () => {});
    expect(await server.refusal('/nobody')).toMatchObject({ status: 404, body: 'There is no WebSocket here\n' });
    (await server.open('/echo')).client.terminate();
  });

  test('middleware that never answers is 503 once handshakeTimeout is over', async () => {
    const server = await serve(
      framework,
      transports.http,
      (app) => app.ws('/never', { steps: [() => new Promise(() => {})], handler: echo }),
      { handshakeTimeout: 40 },
    );
    expect((await server.refusal('/never')).status).toBe(503);
  });

  test('a header that would be two is a 500, and so is a subprotocol that was not offered', async () => {
    const server = await serve(framework, transports.http, (app) => {
      app.ws('/header', { steps: [({ setHeader }) => setHeader('X-One', 'a\r\nX-Two: b')], handler: echo });
      app.ws('/protocol', { options: { protocols: () => 'other' }, handler: echo });
    });
    const injected = await server.refusal('/header');
    expect([injected.status, injected.headers['x-two']]).toEqual([500, undefined]);
    expect((await server.refusal('/protocol', { protocols: ['chat'] })).status).toBe(500);
  });

  test('nothing is answered behind a refusal', async () => {
    const server = await serve(framework, transports.http, (app) => {
      app.ws('/closed', { steps: [({ answer }) => answer(401, 'no')], handler: echo });
      app.get('/page', 'page');
    });
    const smuggled = `${handshakeText({ target: '/closed' })}GET /page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
    expect((await exchange(server.port, smuggled)).match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('is tested without a port', async () => {
    const app = framework.create({ onError: () => {} });
    app.ws('/echo/:name', {
      handler: (socket, { params }) => {
        socket.send(JSON.stringify(params));
        echo(socket);
      },
    });
    const server = await app.createServer(transports.http);
    const client = await connectTo(server, '/echo/ann');
    await client.expect({ name: 'ann' });
    client.send('hello');
    await client.expect('hello');
    await expectRefused(server, '/nothing', 404);
    expect(server.listening).toBe(false);
    client.close(1000);
    await client.expectClose(1000);
    await app.close();
  });

  test('clients that reset their connection while middleware waits harm nobody, and leave nothing', async () => {
    let waiting = 0;
    const server = await serve(framework, transports.http, (app) => {
      app.ws('/slow', {
        steps: [
          async () => {
            waiting++;
            await delay(50);
          },
        ],
        handler: () => expect.unreachable('the handler of a client that has gone'),
      });
      app.ws('/echo', { handler: echo });
    });
    for (let count = 1; count <= 20; count++) {
      const peer = await dialTcp(server.port);
      peer.write(handshakeText({ target: '/slow' }));
      await expect.poll(() => waiting).toBe(count);
      peer.resetAndDestroy();
    }
    await delay(80);
    const { client, next } = await server.open('/echo');
    client.send('alive');
    expect(await next()).toBe('alive');
    expect(server.app.sockets.size).toBe(1);
  });
});
