import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import Router from '@koa/router';
import { connect } from '@turnout/core';
import Koa from 'koa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attach, createWebSocketServer, turnout, withWs, type Middleware, type TurnoutOptions } from '../src/index.ts';

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

  test('is refused by middleware that answers after a route has accepted', async () => {
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

  test('is found even if it is added after the first request', async () => {
    const app = createApp();
    app.ws('/first', () => {});
    const host = await listening(app.listen(0, '127.0.0.1'));
    (await connect(`ws://${host}/first`)).terminate();
    app.ws('/later', (socket) => void socket.send('found'));
    expect(await (await connect(`ws://${host}/later`)).receive()).toBe('found');
  });

  test('refuses an invalid handler', () => {
    expect(() => createApp().ws('/', 'handler' as never)).toThrow('Invalid handler of WebSocket route /');
  });
});

/** The status of the response to an upgrade. */
async function statusOf(host: string, path: string): Promise<number> {
  try {
    (await connect(`ws://${host}${path}`)).terminate();
    return 101;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

describe('the paths of app.ws()', () => {
  const spellings = ['/admin/ws', '/ADMIN/WS', '/Admin/ws', '/admin/WS', '/admin/ws/', '/%61dmin/ws', '/admin%2Fws'];

  async function statuses(options: TurnoutOptions, guard: (path: string) => boolean): Promise<number[]> {
    const app = createApp(options);
    app.use((context, next) => (guard(context.path) ? context.throw(401) : next()));
    app.ws('/admin/ws', () => {});
    const host = await listening(app.listen(0, '127.0.0.1'));
    return Promise.all([...spellings, '/admin//ws'].map((path) => statusOf(host, path)));
  }

  test('match only as spelt, so that no spelling slips past a guard of the path', async () => {
    expect(await statuses({}, () => false)).toEqual([101, 404, 404, 404, 404, 404, 404, 404]);
    expect(await statuses({}, (path) => path.startsWith('/admin'))).not.toContain(101);
    expect(await statuses({}, (path) => path === '/admin/ws')).not.toContain(101);
  });

  test('match as loosely as the options say', async () => {
    const loose = { caseSensitive: false, strict: false };
    expect(await statuses(loose, () => false)).toEqual([101, 101, 101, 101, 101, 404, 404, 404]);
    expect(await statuses({ strict: false }, () => false)).toEqual([101, 404, 404, 404, 101, 404, 404, 404]);
    expect(await statuses({ caseSensitive: false }, () => false)).toEqual([101, 101, 101, 101, 404, 404, 404, 404]);
  });

  test('have options that must be booleans', () => {
    expect(() => turnout(new Koa(), { strict: 'no' as never })).toThrow(
      new TypeError('Invalid option strict: expected a boolean, got string'),
    );
  });
});

describe('a router of @koa/router', () => {
  test.each([
    [{}, [101, 101, 101]],
    [{ sensitive: true }, [101, 404, 101]],
    [{ strict: true }, [101, 101, 404]],
  ])('with %j matches WebSocket routes like pages', async (options, expected) => {
    const app = createApp();
    const router = withWs(new Router(options));
    router.ws('/admin/ws', () => {});
    router.get('/admin/page', (context) => void (context.body = 'page'));
    app.use(router.routes());
    const host = await listening(app.listen(0, '127.0.0.1'));
    const paths = ['/admin/ws', '/ADMIN/WS', '/admin/ws/'];
    expect(await Promise.all(paths.map((path) => statusOf(host, path)))).toEqual(expected);
    const pages = paths.map((path) => path.replace('ws', 'page').replace('WS', 'PAGE'));
    const answers = await Promise.all(pages.map((path) => fetch(`http://${host}${path}`)));
    expect(answers.map(({ status }) => status === 200)).toEqual(expected.map((status) => status === 101));
  });

  test('shows a GET to its own middleware, that of nested routers, and that of parameters', async () => {
    const seen: string[] = [];
    const note = (name: string): Middleware => {
      return (context, next) => {
        seen.push(`${name} ${context.method} ${context.req.method} ${context.request.method}`);
        return next();
      };
    };
    const app = createApp();
    const inner = withWs(new Router());
    inner.use(note('inner') as Koa.Middleware);
    inner.param('room', (_room, context, next) => note('param')(context as never, next) as Promise<void>);
    inner.ws('/:room', note('route'), (_socket, context) => void note('handler')(context as never, async () => {}));
    const outer = withWs(new Router());
    outer.use(note('outer') as Koa.Middleware);
    outer.all('/rooms/:room', note('all') as Koa.Middleware);
    outer.use('/rooms', inner.routes());
    app.use(note('before') as Koa.Middleware);
    app.use(new Router().use(note('never') as Koa.Middleware).routes());
    app.use(outer.routes());
    const host = await listening(app.listen(0, '127.0.0.1'));
    (await connect(`ws://${host}/rooms/a`)).terminate();
    const names = ['before', 'outer', 'all', 'inner', 'param', 'route', 'handler'];
    expect(seen.toSorted()).toEqual(names.map((name) => `${name} GET GET GET`).toSorted());
  });

  test('is guarded by its own middleware that checks for a GET', async () => {
    const app = createApp();
    const router = withWs(new Router());
    router.use((context, next) => (context.method === 'GET' ? context.throw(401) : next()));
    router.ws('/', () => expect.unreachable('the handler'));
    app.use(router.routes());
    const host = await listening(app.listen(0, '127.0.0.1'));
    expect(await statusOf(host, '/')).toBe(401);
    expect((await fetch(`http://${host}/`)).status).toBe(401);
  });

  test('hides its pages from upgrades even inside a function of the app', async () => {
    const app = createApp();
    const router = withWs(new Router());
    router.get('/', (context) => void (context.body = 'page'));
    router.ws('/', () => {});
    const routes = router.routes();
    app.use((context, next) => routes(context as never, next));
    const host = await listening(app.listen(0, '127.0.0.1'));
    expect(await statusOf(host, '/')).toBe(101);
    expect(await (await fetch(`http://${host}/`)).text()).toBe('page');
  });

  test('for another host leaves an upgrade to the next router', async () => {
    const app = createApp();
    const foreign = withWs(new Router({ host: 'foreign.test' }));
    foreign.ws('/', () => expect.unreachable('the handler'));
    const router = withWs(new Router());
    router.ws('/', () => {});
    app.use(foreign.routes());
    app.use(router.routes());
    const host = await listening(app.listen(0, '127.0.0.1'));
    expect(await statusOf(host, '/')).toBe(101);
  });

  test('claims no upgrade for routes of all()', async () => {
    const app = createApp();
    const router = withWs(new Router());
    router.ws('/ours', () => {});
    router.all('/{*rest}', (context) => void (context.body = 'page'));
    app.use(router.routes());
    const server = app.listen(0, '127.0.0.1');
    server.on('upgrade', ({ url }, duplex) => {
      if (url !== '/ours') duplex.end('HTTP/1.1 418 Theirs\r\nConnection: close\r\n\r\n');
    });
    const host = await listening(server);
    expect(await statusOf(host, '/theirs')).toBe(418);
  });
});

describe('turnout()', () => {
  test('refuses an app a second time, and invalid options', () => {
    const app = createApp();
    expect(() => turnout(app)).toThrow('Invalid app: it has WebSocket routes already');
    expect(() => turnout(new Koa(), { maxPayload: -1 })).toThrow(RangeError);
    expect(() => attach(createServer(), new Koa())).toThrow('Invalid app: expected one that turnout() has returned');
  });

  test('emits errors of handlers as the app’s error event', async () => {
    const app = turnout(new Koa());
    const errors: unknown[] = [];
    app.on('error', (error: Error, context: Koa.Context) => errors.push([error.message, context.path]));
    app.ws('/broken', async () => Promise.reject(new Error('Broken')));
    const host = await listening(app.listen(0, '127.0.0.1'));
    const socket = await connect(`ws://${host}/broken`);
    expect((await socket.closed).code).toBe(1011);
    expect(errors).toEqual([['Broken', '/broken']]);
  });

  test('answers even if an error listener fails, and the process survives', async () => {
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

  test('runs upgrades in the app’s async context, like requests', async () => {
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

  test('leaves upgrades that match no route of the app to others', async () => {
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

  test('answers plain requests if there is no other listener', async () => {
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

test("a server for libraries emits connection with Node.js's request", async () => {
  const server = createWebSocketServer();
  server.on('connection', (socket, { url, headers }) => socket.send(`${url} ${headers.host}`));
  const app = createApp();
  app.ws('/:room', { protocols: server.protocols }, server.handler);
  const host = await listening(app.listen(0, '127.0.0.1'));
  const socket = await connect(`ws://${host}/a`, { protocols: ['x', 'y'] });
  expect([socket.protocol, await socket.receive(), server.clients.size]).toEqual(['x', `/a ${host}`, 1]);
  socket.terminate();
});
