import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import KoaRouter from '@koa/router';
import { connect, ConnectError } from '@turnout/core';
import * as onExpress from '@turnout/express';
import * as onFastify from '@turnout/fastify';
import * as onKoa from '@turnout/koa';
import { createRouter } from '@turnout/router';
import { createHub } from '@turnout/topics';
import express from 'express';
import express4 from 'express4';
import Fastify from 'fastify';
import Koa from 'koa';
import { describe, expect, onTestFinished, test } from 'vitest';

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Serves only plain requests, as `http.createServer(app)` does. */
async function serve(listener: Listener): Promise<string> {
  const server: Server = createServer((request, response) => void listener(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The status and the body of a refusal. */
async function refusalOf(url: string): Promise<string> {
  const error: unknown = await connect(url).catch((reason: unknown) => reason);
  if (!(error instanceof ConnectError)) throw new Error('It was not refused');
  return `${error.status} ${error.body}`;
}

/** Wrong arguments as plain JavaScript passes them. */
const wrong = (value: unknown): never => value as never;

describe('turnout() with something other than an app', () => {
  test.each<[given: string, value: unknown, got: string]>([
    ['nothing', undefined, 'undefined; write turnout(express())'],
    ['null', null, 'null; write turnout(express())'],
    ['express', express, 'express itself, which was not called; write turnout(express())'],
    ['Express 4', express4, 'express itself, which was not called; write turnout(express())'],
    [
      'a router',
      express.Router(),
      'a router; give turnout() the app, and make routers by Router() of @turnout/express',
    ],
    ['a server', createServer(), 'a server; give turnout() the app, and then call attach(server, app)'],
    ['a Koa app', new Koa(), 'a server; give turnout() the app, and then call attach(server, app)'],
    ['a port', 3000, 'number; write turnout(express())'],
    ['a function', () => {}, 'function; write turnout(express())'],
  ])('reports it on Express: %s', (_given, value, got) => {
    const expected = `Invalid app: expected an Express app, as express() makes, got ${got}`;
    expect(() => onExpress.turnout(wrong(value))).toThrow(new TypeError(expected));
  });

  test.each<[given: string, value: unknown, got: string]>([
    ['nothing', undefined, 'undefined; write turnout(new Koa())'],
    ['the class', Koa, 'a function; write turnout(new Koa()) to give it an app, not the class'],
    ['a router', new KoaRouter(), 'a router; give turnout() the app, and the router to withWs()'],
    ['a server', createServer(), 'a server; give turnout() the app, and then call attach(server, app)'],
    ['an object', {}, 'object; write turnout(new Koa())'],
  ])('reports it on Koa: %s', (_given, value, got) => {
    const expected = `Invalid app: expected a Koa app, as new Koa() makes, got ${got}`;
    expect(() => onKoa.turnout(wrong(value))).toThrow(new TypeError(expected));
  });

  test('reports it on Fastify, where it is a plugin', async () => {
    const expected = new TypeError('Invalid call of turnout(): it is a plugin; write await app.register(turnout)');
    const call = onFastify.turnout as unknown as (app?: unknown) => Promise<void>;
    await expect(call()).rejects.toThrow(expected);
    await expect(call(Fastify())).rejects.toThrow(expected);
  });
});

test.each<[given: string, server: unknown, got: string]>([
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['a port', 3000, '3000'],
  ['an app', express(), 'a function: the server stands first'],
])('attach() to something other than a server reports it: %s', (_given, server, got) => {
  const expected = `Invalid server: expected one of node:http, node:https or node:http2, got ${got}`;
  expect(() => createRouter().attach(wrong(server))).toThrow(new TypeError(expected));
});

describe('a server that is not attached to its app', () => {
  test.each<[framework: string, listener: (lines: string[]) => Listener, remedy: string]>([
    [
      'Express',
      (lines) => onExpress.turnout(express(), { warn: (line) => lines.push(line) }).ws('/x', () => {}),
      'call attach(server, app), or app.listen() or createServer(app) of @turnout/express in place of http.createServer(app)',
    ],
    [
      'Express with a router',
      (lines) => {
        const router = onExpress.Router();
        router.ws('/x', () => {});
        return onExpress.turnout(express(), { warn: (line) => lines.push(line) }).use(router);
      },
      'call attach(server, app), or app.listen() or createServer(app) of @turnout/express in place of http.createServer(app)',
    ],
    [
      'Koa',
      (lines) => {
        const app = onKoa.turnout(new Koa(), { warn: (line) => lines.push(line) });
        return app.ws('/x', () => {}).callback();
      },
      'call attach(server, app), or app.listen() in place of http.createServer(app.callback())',
    ],
    [
      'node:http',
      (lines) => createRouter({ warn: (line) => lines.push(line) }).ws('/x', () => {}),
      'call router.attach(server)',
    ],
  ])('is reported with the call to make: %s', async (_framework, createListener, remedy) => {
    const lines: string[] = [];
    const url = await serve(createListener(lines));
    const reason = `the server does not pass upgrades to the app: ${remedy}`;
    expect(await refusalOf(`${url}/x?token=secret`)).toBe(`426 Upgrade required: ${reason}\n`);
    expect(lines).toEqual([
      `turnout: no WebSocket at /x, answered with 426: ${reason}; see docs/it-does-not-connect.md`,
    ]);
  });

  test('is also reported by Fastify with a separate server', async () => {
    const lines: string[] = [];
    const app = Fastify();
    await app.register(onFastify.turnout, { warn: (line) => lines.push(line) });
    app.ws('/x', () => {});
    await app.ready();
    onTestFinished(() => app.close());
    const url = await serve((request, response) => app.routing(request, response));
    expect(await refusalOf(`${url}/x`)).toContain('use app.listen(), or app.server in place of a server of your own');
    expect(lines).toHaveLength(1);
  });
});

describe('a WebSocket route in an app that did not go through turnout()', () => {
  /** The error that reaches the app's own error handler. */
  async function errorOf(app: express.Express): Promise<string> {
    app.use((error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(500).send(error.message);
    });
    return refusalOf(`${await serve(app)}/api/x`);
  }

  const expected =
    ': the app of this route did not go through turnout(). ' +
    'Pass the outermost app to turnout(), and serve it with app.listen() or attach(server, app)';

  test.each([
    ['Express 5', express],
    ['Express 4', express4 as unknown as typeof express],
  ])('is an error of that app, not a silent 404: %s', async (_version, create) => {
    const router = onExpress.Router();
    router.ws('/x', () => {});
    const answer = await errorOf(create().use('/api', router));
    expect(answer).toContain('500 Cannot open the WebSocket at /');
    expect(answer).toContain(expected);
  });

  test('is an error if a mounted app went through it, but the outermost did not', async () => {
    const inner = onExpress.turnout(express());
    inner.ws('/x', () => {});
    expect(await errorOf(express().use('/api', inner))).toContain(expected);
  });

  test('is an error if it is in the router of another app', async () => {
    const router = createRouter();
    router.ws('/x', () => {});
    expect(await errorOf(express().use('/api', router))).toContain(expected);
  });

  test('is an error on Koa', async () => {
    const app = new Koa();
    const errors: Error[] = [];
    app.on('error', (error: Error) => errors.push(error));
    app.use(
      onKoa
        .withWs(new KoaRouter())
        .ws('/x', () => {})
        .routes(),
    );
    expect(await refusalOf(`${await serve(app.callback())}/x`)).toContain('500');
    expect(errors.map(({ message }) => message)).toEqual([`Cannot open the WebSocket at /x${expected}`]);
  });

  test('does not affect plain requests', async () => {
    const router = onExpress.Router();
    router.ws('/x', () => {});
    router.get('/x', (_request, response) => void response.send('page'));
    const url = await serve(express().use(router));
    expect(await (await fetch(`${url.replace('ws:', 'http:')}/x`)).text()).toBe('page');
    const app = new Koa().use(
      onKoa
        .withWs(new KoaRouter())
        .ws('/x', () => {})
        .routes(),
    );
    expect((await fetch(`${(await serve(app.callback())).replace('ws:', 'http:')}/x`)).status).toBe(426);
  });
});

test.each<[given: string, hub: unknown, got: string]>([
  ['an object', {}, 'an object without link()'],
  ['null', null, 'null'],
  ['createHub itself', createHub, 'function'],
  ['an address', 'redis://127.0.0.1', 'string'],
])('option hub: %s is rejected with the expected value', (_given, hub, got) => {
  const expected = `Invalid option hub: expected a hub, as createHub() of @turnout/topics makes it, got ${got}; leave it out on a single node`;
  expect(() => onExpress.turnout(express(), { hub: wrong(hub) })).toThrow(new TypeError(expected));
});

describe('a handler that is written like middleware gets a message that says what to do', () => {
  const expected = /^The handler of the WebSocket at \/x called next\(\), but .*ws\(path, middleware, handler\)/;

  async function messageOf(url: string, errors: Error[]): Promise<string> {
    const socket = await connect(`${url}/x`);
    expect((await socket.closed).code).toBe(1011);
    return errors.map(({ message }) => message).join();
  }

  test('on Express', async () => {
    const errors: Error[] = [];
    const app = onExpress.turnout(express(), { onError: (error) => errors.push(error as Error), warn: false });
    app.ws(
      '/x',
      wrong((_socket: unknown, _request: unknown, next: () => void) => next()),
    );
    const server = app.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    expect(await messageOf(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, errors)).toMatch(expected);
  });

  test('on Koa', async () => {
    const errors: Error[] = [];
    const app = onKoa.turnout(new Koa(), { onError: (error) => errors.push(error as Error), warn: false });
    app.ws(
      '/x',
      wrong(async (_socket: unknown, _context: unknown, next: () => void) => next()),
    );
    const server = app.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    expect(await messageOf(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, errors)).toMatch(expected);
  });

  test('on Fastify, with its instance as this', async () => {
    const errors: Error[] = [];
    const app = Fastify();
    await app.register(onFastify.turnout, { onError: (error: unknown) => errors.push(error as Error), warn: false });
    const instances: unknown[] = [];
    app.ws(
      '/x',
      wrong(function handle(this: unknown, _socket: unknown, _request: unknown, next: () => void) {
        instances.push(this);
        next();
      }),
    );
    await app.listen({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    expect(await messageOf(`ws://127.0.0.1:${port}`, errors)).toMatch(expected);
    expect(instances).toEqual([app]);
  });
});
