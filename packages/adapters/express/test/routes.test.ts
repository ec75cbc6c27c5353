import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect } from '@turnout/core';
import express from 'express';
import type { NextFunction, Request, Response } from 'express';
import { describe, expect, test, vi } from 'vitest';
import { attach, Router, turnout } from '../src/index.ts';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { closeAfterTest, listen } from '@turnout/test-kit/listen';
import { anyPath, isExpress4, serve } from './serving.ts';
import type { App } from './serving.ts';

/** The first message that a socket at `url` receives. */
async function firstMessage(url: string): Promise<string | Buffer | null> {
  const socket = await connect(url);
  const message = await socket.receive();
  socket.terminate();
  return message;
}

describe('an HTTP route and a WebSocket route of one path', () => {
  test('work together in either order', async () => {
    const { url, page } = await serve((app) => {
      app.get('/before', (_request, response) => void response.send('page'));
      app.ws('/before', (socket) => socket.send('socket'));
      app.ws('/after', (socket) => socket.send('socket'));
      app.get('/after', (_request, response) => void response.send('page'));
      app
        .route('/mixed')
        .all((_request, response, next) => {
          response.setHeader('X-Guard', 'yes');
          next();
        })
        .get((_request, response) => void response.send('page'));
      app.ws('/mixed', (socket) => socket.send('socket'));
      app.use(express.static('/nowhere'));
      app.get(anyPath, (_request, response) => void response.send('fallback'));
    });
    for (const path of ['/before', '/after', '/mixed']) {
      expect(await firstMessage(url + path)).toBe('socket');
      expect(await (await fetch(page + path)).text()).toBe('page');
    }
    expect(await (await fetch(`${page}/else`)).text()).toBe('fallback');
    await expect(connect(`${url}/else`)).rejects.toMatchObject({ status: 404 });
  });

  test('share app.all(), which may refuse the upgrade', async () => {
    const { url } = await serve((app) => {
      app.all('/closed', (_request, response) => void response.status(403).send('closed'));
      app.ws('/closed', (socket) => socket.send('socket'));
      app.all(anyPath, (request, response, next) => {
        response.setHeader('X-Method', request.method);
        next();
      });
      app.ws('/open', (socket, request) => socket.send(String(request.res?.getHeader('X-Method'))));
    });
    await expect(connect(`${url}/closed`)).rejects.toMatchObject({ status: 403, body: 'closed' });
    expect(await firstMessage(`${url}/open`)).toBe('GET');
  });

  test('share app.param(), which runs once and sees a GET', async () => {
    const loads: string[] = [];
    const { url } = await serve((app) => {
      app.param('room', (request, response, next, room) => {
        loads.push(`${request.method} ${String(room)}`);
        response.locals.room = String(room).toUpperCase();
        setImmediate(next);
      });
      app.get('/:room', (_request, response) => void response.send('page'));
      app.ws('/:room', (socket, request) => socket.send(String(request.res?.locals.room)));
    });
    expect(await firstMessage(`${url}/lobby`)).toBe('LOBBY');
    expect(loads).toEqual(['GET lobby']);
  });
});

describe('a request of a WebSocket route', () => {
  test('is the same as in an HTTP route: params, query, url, ip, app', async () => {
    const describeRequest = (request: Request): string =>
      JSON.stringify([
        request.params,
        request.query,
        request.method,
        request.url,
        request.originalUrl,
        request.baseUrl,
        request.path,
        request.hostname,
        request.protocol,
        request.ip,
        request.get('X-Own'),
        typeof request.app.get,
      ]);
    const { url, page } = await serve((app) => {
      const rooms = Router({ mergeParams: true });
      rooms.get('/:room/:seat', (request, response) => void response.send(describeRequest(request)));
      rooms.ws('/:room/:seat', (socket, request) => socket.send(describeRequest(request)));
      app.use('/houses/:house', rooms);
    });
    const path = '/houses/7/lobby/a%2fb?x=1&y=2';
    const socket = await connect(url + path, { headers: { 'X-Own': 'yes' } });
    const message = await socket.receive();
    expect(message).toBe(await (await fetch(page + path, { headers: { 'X-Own': 'yes' } })).text());
    expect(message).toContain('{"house":"7","room":"lobby","seat":"a/b"}');
    socket.terminate();
  });

  test('passes nested routers, mounted apps and their middleware in the order of registration', async () => {
    const { url, page } = await serve((app) => {
      const mark = (name: string) => (request: Request, _response: Response, next: NextFunction) => {
        Object.assign(request, { marks: [...((request as { marks?: string[] }).marks ?? []), name] });
        next();
      };
      const marks = (request: Request): string => (request as unknown as { marks: string[] }).marks.join();
      const inner = Router();
      const plain = express.Router();
      const sub = turnout(express());
      const plainSub = express();
      app.use(mark('app'));
      plain.use(mark('plain'));
      plain.get('/socket', (_request, response) => void response.send('page'));
      inner.use(mark('inner'));
      inner.ws('/socket', mark('own'), (socket, request) => socket.send(marks(request)));
      plain.use('/inner', inner);
      app.use('/plain', plain);
      sub.use(mark('sub'));
      sub.get('/socket', (_request, response) => void response.send('page'));
      sub.ws('/socket', (socket, request) => socket.send(marks(request)));
      app.use('/sub', sub);
      plainSub.use(mark('plain sub'));
      plainSub.get(anyPath, (_request, response) => void response.send('page'));
      app.use('/plain-sub', plainSub);
      app.ws('/plain-sub/socket', (socket, request) => socket.send(marks(request)));
    });
    expect(await firstMessage(`${url}/plain/inner/socket`)).toBe('app,plain,inner,own');
    expect(await firstMessage(`${url}/sub/socket`)).toBe('app,sub');
    expect(await firstMessage(`${url}/plain-sub/socket`)).toBe('app,plain sub');
    expect((await fetch(`${page}/plain/inner/socket`)).status).toBe(426);
    expect((await fetch(`${page}/sub/socket`)).status).toBe(200);
  });
});

describe('an upgrade that is refused', () => {
  test('gets the response of middleware: JSON, a redirect, a page', async () => {
    const { port } = await serve((app) => {
      app.ws(
        '/json',
        (_request, response) => void response.status(401).json({ error: 'Sign in' }),
        () => {},
      );
      app.ws(
        '/redirect',
        (_request, response) => response.redirect('/login'),
        () => {},
      );
      app.ws(
        '/cookie',
        (_request, response) => void response.cookie('tried', '1').sendStatus(403),
        () => {},
      );
    });
    const json = await RawClient.exchange(port, formatHandshake({ target: '/json' }));
    expect(statusOf(json)).toBe(401);
    expect(json).toContain('Content-Type: application/json; charset=utf-8\r\n');
    expect(json).toContain('Connection: close\r\n');
    expect(json.endsWith('{"error":"Sign in"}')).toBe(true);
    const redirect = await RawClient.exchange(port, formatHandshake({ target: '/redirect' }));
    expect([statusOf(redirect), redirect.includes('Location: /login\r\n')]).toEqual([302, true]);
    const cookie = await RawClient.exchange(port, formatHandshake({ target: '/cookie' }));
    expect([statusOf(cookie), cookie.includes('Set-Cookie: tried=1; Path=/\r\n')]).toEqual([403, true]);
  });

  test('gets the response of the app’s error handlers', async () => {
    const { url, errors } = await serve((app) => {
      app.ws(
        '/next',
        (_request, _response, next) => next(new Error('Passed on')),
        () => {},
      );
      app.ws(
        '/throw',
        () => {
          throw new Error('Thrown');
        },
        () => {},
      );
      app.ws(
        '/reject',
        () => Promise.reject(new Error('Rejected')),
        () => {},
      );
      app.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
        response.status(409).json({ error: error.message });
      });
    });
    for (const [path, message] of [
      ['/next', 'Passed on'],
      ['/throw', 'Thrown'],
      // Express 4 ignores rejections, of HTTP middleware too.
      ...(isExpress4 ? [] : [['/reject', 'Rejected']]),
    ]) {
      const body = JSON.stringify({ error: message });
      await expect(connect(`${url}${path}`)).rejects.toMatchObject({ status: 409, body });
    }
    expect(errors).toEqual([]);
  });

  test('gets the app’s 404, or else the default responses of Express', async () => {
    const { url } = await serve((app) => {
      app.use('/own', (_request, response) => void response.status(404).send('Nothing here'));
      app.ws(
        '/error',
        (_request, _response, next) => next(Object.assign(new Error('Teapot'), { status: 418 })),
        () => {},
      );
      app.ws('/room/:name', () => {});
    });
    await expect(connect(`${url}/own`)).rejects.toMatchObject({ status: 404, body: 'Nothing here' });
    await expect(connect(`${url}/none`)).rejects.toMatchObject({ status: 404, body: /Cannot GET \/none/ });
    await expect(connect(`${url}/error`)).rejects.toMatchObject({ status: 418 });
    await expect(connect(`${url}/room/%E0%A4%A`)).rejects.toMatchObject({ status: 400 });
  });
});

test('an error that no handler takes is printed, as by Express, except in its test environment', async () => {
  const print = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const setUp = (app: App): void => {
      app.ws(
        '/',
        () => {
          throw new Error('Broken');
        },
        () => {},
      );
    };
    const tested = await serve(setUp);
    await expect(connect(tested.url)).rejects.toMatchObject({ status: 500, body: /Error: Broken/ });
    const { app, url } = await serve(setUp);
    app.set('env', 'production');
    await expect(connect(url)).rejects.toMatchObject({ status: 500, body: /Internal Server Error/ });
    await expect.poll(() => print.mock.calls.length > 0).toBe(true);
    expect(print.mock.calls).toMatchObject([[{ message: 'Broken' }]]);
  } finally {
    print.mockRestore();
  }
});

describe('a plain request for a WebSocket path', () => {
  test('gets 426 and the reason', async () => {
    const { page } = await serve((app) => void app.ws('/socket', () => {}));
    const response = await fetch(`${page}/socket`);
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
    expect(await response.text()).toContain('this path is a WebSocket');
    expect((await fetch(`${page}/socket`, { method: 'POST' })).status).toBe(404);
  });

  test('gets the app’s own response if there is one, and errors as usual', async () => {
    const { page } = await serve((app) => {
      app.ws('/socket', () => {});
      app.use('/socket', (request, response, next) => {
        if (request.query.error !== undefined) return next(new Error('Broken'));
        response.status(404).send('own');
      });
    });
    expect(await (await fetch(`${page}/socket`)).text()).toBe('own');
    expect((await fetch(`${page}/socket?error`)).status).toBe(500);
  });
});

describe('turnout()', () => {
  test('returns the same app, refuses it a second time, and changes no other', () => {
    const app = express();
    const other = express();
    expect(turnout(app)).toBe(app);
    expect(() => turnout(app)).toThrow(new TypeError('Invalid app: it has WebSocket routes already'));
    const untouched: object[] = [other, express.application, express.Router.prototype as object];
    expect(untouched.filter((object) => 'ws' in object || 'sockets' in object)).toEqual([]);
    expect(Reflect.get(other, 'listen')).toBe(Reflect.get(express.application, 'listen'));
    expect(() => attach(createServer(), other)).toThrow(
      new TypeError('Invalid app: expected one that turnout() has returned'),
    );
    expect(() => turnout(other, { maxPayload: -1 })).toThrow(RangeError);
  });

  test('gives app.listen() the WebSocket routes and tighter time limits', async () => {
    const app = turnout(express());
    app.ws('/', (socket) => socket.send('open'));
    const calls: unknown[] = [];
    const server = app.listen(0, '127.0.0.1', (error) => calls.push(error));
    closeAfterTest(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await firstMessage(`ws://127.0.0.1:${port}`)).toBe('open');
    expect([calls, server.headersTimeout]).toEqual([[undefined], 10_000]);

    const taken = turnout(express());
    const failed = await new Promise<Error | undefined>((resolve) => {
      const second: Server = taken.listen(port, '127.0.0.1', resolve);
      second.on('error', () => {});
    });
    expect(failed).toMatchObject({ code: 'EADDRINUSE' });
  });

  test('adds no error listener to app.listen() without a callback', async () => {
    const server = turnout(express()).listen(0, '127.0.0.1');
    closeAfterTest(server);
    await once(server, 'listening');
    expect(server.listenerCount('error')).toBe(0);
  });
});

describe('beside another listener for upgrade', () => {
  test('takes the paths of its routes, of its routers and of its mounted apps', async () => {
    const app = turnout(express());
    const rooms = Router();
    const sub = turnout(express());
    rooms.ws('/:room', (socket) => socket.send('room'));
    sub.ws('/socket', (socket) => socket.send('sub'));
    app.use('/rooms', rooms);
    app.use(['/sub', '/also'], sub);
    app.get(anyPath, (_request, response) => void response.send('page'));
    const server = createServer(app);
    const taken: string[] = [];
    server.on('upgrade', (request, duplex: Duplex) => {
      if (!/room|sub|also/.test(request.url!)) {
        taken.push(request.url!);
        duplex.end('HTTP/1.1 418 Foreign\r\n\r\n');
      }
    });
    attach(server, app);
    const { url, port } = await listen(server);
    expect(await firstMessage(`${url}/rooms/lobby`)).toBe('room');
    expect(await firstMessage(`${url}/sub/socket`)).toBe('sub');
    expect(await firstMessage(`${url}/also/socket`)).toBe('sub');
    expect(statusOf(await RawClient.exchange(port, formatHandshake({ target: '/hmr' })))).toBe(418);
    expect(taken).toEqual(['/hmr']);
  });
});
