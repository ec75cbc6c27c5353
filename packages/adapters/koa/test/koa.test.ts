import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from '@turnout/core';
import Koa from 'koa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attach, turnout, type TurnoutOptions } from '../src/index.ts';

/** Until the test is over. */
async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function createApp(options: TurnoutOptions = {}) {
  return turnout(new Koa(), { onError: () => {}, ...options });
}

describe('app.ws()', () => {
  test('takes regular expressions and several paths, with their groups as parameters', async () => {
    const app = createApp();
    app.ws(['/a/:x', /^\/b\/(\d+)$/, /^\/c\/(?<x>\w+)$/g], (socket, context) => {
      socket.send(JSON.stringify(context.params));
    });
    const host = await listening(app.listen(0, '127.0.0.1'));
    for (const [path, params] of [
      ['/a/1', { x: '1' }],
      ['/b/2', { 0: '2' }],
      ['/c/three', { x: 'three' }],
      ['/c/again', { x: 'again' }],
    ] as const) {
      const socket = await connect(`ws://${host}${path}`);
      expect(JSON.parse(String(await socket.receive()))).toEqual(params);
      socket.terminate();
    }
    await expect(connect(`ws://${host}/b/x`)).rejects.toThrow('404');
  });

  test('is refused by middleware that answers behind an accepted route', async () => {
    const app = createApp();
    app.use(async (context, next) => {
      await next();
      context.status = 403;
      context.body = 'On second thoughts';
    });
    app.ws('/', () => expect.unreachable('the handler'));
    const host = await listening(app.listen(0, '127.0.0.1'));
    await expect(connect(`ws://${host}/`)).rejects.toThrow('403');
  });

  test('is found also where it is added after the first request', async () => {
    const app = createApp();
    app.ws('/first', () => {});
    const host = await listening(app.listen(0, '127.0.0.1'));
    (await connect(`ws://${host}/first`)).terminate();
    app.ws('/later', (socket) => void socket.send('found'));
    expect(await (await connect(`ws://${host}/later`)).receive()).toBe('found');
  });

  test('refuses what is no handler', () => {
    expect(() => createApp().ws('/', 'handler' as never)).toThrow('Invalid handler of WebSocket route /');
  });
});

describe('turnout()', () => {
  test('refuses an app that it has had, and options that are none', () => {
    const app = createApp();
    expect(() => turnout(app)).toThrow('Invalid app: it has WebSocket routes already');
    expect(() => turnout(new Koa(), { maxPayload: -1 })).toThrow(RangeError);
    expect(() => attach(createServer(), new Koa())).toThrow('Invalid app: expected one that turnout() has returned');
  });

  test('has the errors of handlers told as an error of the app', async () => {
    const app = turnout(new Koa());
    const errors: unknown[] = [];
    app.on('error', (error: Error, context: Koa.Context) => errors.push([error.message, context.path]));
    app.ws('/broken', async () => Promise.reject(new Error('Broken')));
    const host = await listening(app.listen(0, '127.0.0.1'));
    const socket = await connect(`ws://${host}/broken`);
    expect((await socket.closed).code).toBe(1011);
    expect(errors).toEqual([['Broken', '/broken']]);
  });

  test('answers where a listener of errors fails itself, and the process lives on', async () => {
    const errors: unknown[] = [];
    const app = createApp({ onError: (error) => errors.push(error) });
    app.on('error', () => {
      throw new Error('In the listener');
    });
    app.ws(
      '/',
      () => {
        throw new Error('In middleware');
      },
      () => {},
    );
    const host = await listening(app.listen(0, '127.0.0.1'));
    await expect(connect(`ws://${host}/`)).rejects.toThrow('500');
    expect(errors).toMatchObject([{ message: 'In the listener' }]);
  });

  test('gives the app a place in its own async context, as for requests', async () => {
    const app = turnout(new Koa({ asyncLocalStorage: true }), { onError: () => {} });
    let current: unknown;
    app.ws(
      '/',
      (_context, next) => {
        current = app.currentContext?.path;
        return next();
      },
      (socket) => void socket.send('x'),
    );
    const host = await listening(app.listen(0, '127.0.0.1'));
    await (await connect(`ws://${host}/`)).receive();
    expect(current).toBe('/');
  });

  test('leaves upgrades that no route of the app has to others', async () => {
    const app = createApp();
    app.ws('/ours', () => {});
    const server = app.listen(0, '127.0.0.1');
    const seen: (string | undefined)[] = [];
    server.on('upgrade', ({ url }, duplex) => {
      if (url!.includes('/ours')) return;
      seen.push(url);
      duplex.end('HTTP/1.1 418 Theirs\r\nConnection: close\r\n\r\n');
    });
    const host = await listening(server);
    await expect(connect(`ws://${host}/theirs?x`)).rejects.toThrow('418');
    (await connect(`ws://${host}/ours?x`)).terminate();
    const absolute = request({
      host: '127.0.0.1',
      port: host.split(':')[1],
      path: `http://${host}/ours`,
      headers: {
        Host: host,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    absolute.end();
    const [answer, duplex] = (await once(absolute, 'upgrade')) as [IncomingMessage, Duplex];
    expect(answer.statusCode).toBe(101);
    duplex.destroy();
    expect(seen).toEqual(['/theirs?x']);
  });

  test('answers plain requests where nobody else listens', async () => {
    const app = createApp();
    app.use((context) => {
      context.body = 'page';
    });
    const server = createServer();
    attach(server, app);
    const host = await listening(server.listen(0, '127.0.0.1'));
    expect(await (await fetch(`http://${host}/`)).text()).toBe('page');
    expect(await (await fetch(`http://${host}/`)).text()).toBe('page');
  });
});
