import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { compileFunction } from 'node:vm';
import { connect } from '@turnout/core';
import express from 'express';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { expressWs, type WsOptions } from '../src/express-ws.ts';
import { turnout } from '../src/index.ts';
import { listen } from '@turnout/test-kit/listen';
import { serve } from './serving.ts';

const require = createRequire(import.meta.url);

/** The examples of the README of `express-ws` itself. */
const [setUp, echo, router, full] = [
  ...readFileSync(require.resolve('express-ws/README.md'), 'utf8').matchAll(/```javascript\n([\s\S]*?)```/g),
].map(([, code]) => code!);

/** Runs an example unchanged, except for its imports and port; returns its server. */
async function runExample(code: string, log: (...args: unknown[]) => void = () => {}): Promise<string> {
  const modules: Record<string, unknown> = { express, 'express-ws': expressWs };
  const script = code.replace('app.listen(3000);', "return app.listen(0, '127.0.0.1');");
  const run = compileFunction(script, ['require', 'console']) as (...args: unknown[]) => Server;
  const server = run((name: string) => modules[name], { log });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("the examples of express-ws's README", () => {
  test('echo text as text, on an app and on a router', async () => {
    const host = await runExample(
      `var express = require('express'); var app = express(); ${setUp} ${echo} ${router} app.listen(3000);`,
    );
    for (const path of ['/echo', '/ws-stuff/echo']) {
      const socket = await connect(`ws://${host}${path}`);
      socket.send('hello');
      expect(await socket.receive()).toBe('hello');
      socket.send(Buffer.from([1, 2]));
      expect(await socket.receive()).toEqual(Buffer.from([1, 2]));
      socket.terminate();
    }
  });

  test('run middleware, a page and a socket on one path', async () => {
    const logged: unknown[][] = [];
    const host = await runExample(full!, (...args) => logged.push(args));
    expect((await fetch(`http://${host}/`)).status).toBe(200);
    const socket = await connect(`ws://${host}/`);
    socket.send('a message');
    await expect.poll(() => logged.length).toBe(5);
    expect(logged).toEqual([
      ['middleware'],
      ['get route', 'testing'],
      ['middleware'],
      ['socket', 'testing'],
      ['a message'],
    ]);
    socket.terminate();
  });
});

describe('expressWs()', () => {
  test('serves the given server, and knows all clients', async () => {
    const app = express();
    const server = createServer(app);
    const instance = expressWs(app, server, { wsOptions: { maxPayload: 10 } });
    expect(instance.app).toBe(app);
    instance.app.ws('/', () => {});
    const { url } = await listen(server);
    const socket = await connect(url);
    await expect.poll(() => instance.getWss().clients.size).toBe(1);
    socket.send('x'.repeat(11));
    expect((await socket.closed).code).toBe(1009);
  });

  test('passes the socket to several functions in turn, and reports the errors they pass to next()', async () => {
    const app = express();
    const server = createServer(app);
    const { app: routed } = expressWs(app, server);
    const calls: string[] = [];
    routed.ws(
      '/',
      (_socket, request, next) => {
        calls.push('first');
        next(request.url.includes('fail') ? new Error('Passed on') : undefined);
      },
      (socket, _request, next) => {
        calls.push('second');
        socket.send('open');
        next();
      },
    );
    const { url } = await listen(server);
    const socket = await connect(url);
    expect(await socket.receive()).toBe('open');
    // After the last one, no function is left.
    expect((await socket.closed).code).toBe(1005);
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    expect((await (await connect(`${url}/?fail`)).closed).code).toBe(1011);
    expect(printed).toHaveBeenCalledWith(expect.objectContaining({ message: 'Passed on' }));
    expect(calls).toEqual(['first', 'second', 'first']);
  });

  test('chooses the first subprotocol offered, or the choice of handleProtocols, also on a router and a mounted app', async () => {
    const asked: unknown[] = [];
    const rules: [WsOptions['handleProtocols'], string][] = [
      [undefined, 'b'],
      [(offered: string[]) => asked.push(offered) > 0 && offered[1]!, 'a'],
      [() => false, ''],
      [() => undefined, ''],
    ];
    for (const [handleProtocols, chosen] of rules) {
      const app = express();
      const server = createServer(app);
      const wsOptions: WsOptions = handleProtocols === undefined ? {} : { handleProtocols };
      const instance = expressWs(app, server, { wsOptions });
      const router = express.Router() as express.Router & { ws: typeof instance.app.ws };
      instance.applyTo(router);
      router.ws('/', () => {});
      const mounted = turnout(express());
      mounted.use('/inside', router);
      instance.app.ws('/', () => {});
      app.use('/router', router);
      app.use('/app', mounted);
      const { url } = await listen(server);
      for (const path of ['/', '/router', '/app/inside']) {
        const socket = await connect(url + path, { protocols: ['b', 'a'] });
        expect(socket.protocol, path).toBe(chosen);
        const none = await connect(url + path);
        expect(none.protocol).toBe('');
        socket.terminate();
        none.terminate();
      }
    }
    expect(asked).toEqual(Array.from({ length: 3 }, () => ['b', 'a']));
  });

  test('chooses like ws on a router of an app without express-ws', async () => {
    const instance = expressWs(express());
    const router = express.Router() as express.Router & { ws: typeof instance.app.ws };
    instance.applyTo(router);
    router.ws('/', (socket) => void socket.send('open'));
    const { url } = await serve((app) => void app.use(router));
    const socket = await connect(url, { protocols: ['b', 'a'] });
    expect([socket.protocol, await socket.receive()]).toEqual(['b', 'open']);
    const none = await connect(url);
    expect([none.protocol, await none.receive()]).toEqual(['', 'open']);
    for (const open of [socket, none]) open.terminate();
  });

  test('sends the same as ws for a number, null, undefined, false, a Blob and an array, in order', async () => {
    const app = express();
    const server = createServer(app);
    const { app: routed } = expressWs(app, server);
    routed.ws('/', (socket) => {
      const send = socket.send.bind(socket) as (data: unknown, ...rest: unknown[]) => boolean;
      let called = 0;
      for (const data of [42, 0, null, undefined, false, new Blob(['blob']), [1, 2], '', 'text']) {
        send(data, () => called++);
      }
      socket.on('message', () => socket.send(called));
    });
    const { url } = await listen(server);
    const socket = await connect(url);
    const empty = Buffer.alloc(0);
    for (const data of ['42', '0', empty, empty, empty, Buffer.from('blob'), Buffer.from([1, 2]), '', 'text']) {
      expect(await socket.receive()).toEqual(data);
    }
    socket.send('how many');
    expect(await socket.receive()).toBe('9');
    socket.terminate();
  });

  test('passes text, close reasons and bytes like ws 7 to both kinds of listeners', async () => {
    const app = express();
    const server = createServer(app);
    const { app: routed } = expressWs(app, server);
    const events: unknown[] = [];
    routed.ws('/', (socket, request) => {
      events.push((request as unknown as { ws: unknown }).ws === socket);
      socket.on('message', (data) => events.push(data)).on('ping', (data) => events.push(data));
      socket.on('close', (code, reason) => events.push(code, reason));
      socket.addEventListener('close', ({ reason }) => events.push(reason));
      socket.onmessage = ({ data }) => events.push(data);
    });
    const { url } = await listen(server);
    const socket = await connect(url);
    socket.send('text');
    socket.send(Buffer.from([1]));
    socket.ping('p');
    socket.close(1000, 'bye');
    await expect.poll(() => events.length).toBe(9);
    const bytes = Buffer.from([1]);
    expect(events).toEqual([true, 'text', 'text', bytes, bytes, Buffer.from('p'), 1000, 'bye', 'bye']);
  });

  test('returns a server that emits connection, knows its clients and broadcasts to them', async () => {
    const app = express();
    const server = createServer(app);
    const instance = expressWs(app, server);
    const wss = instance.getWss();
    expect(instance.getWss()).toBe(wss);
    const targets: unknown[] = [];
    wss.on('connection', (socket, request) => {
      targets.push(request.url, wss.clients.has(socket));
      socket.on('message', (data) => targets.push(data));
    });
    instance.app.ws('/room', (socket) => {
      socket.on('message', (data) => {
        for (const client of wss.clients) if (client !== socket) client.send(data);
      });
    });
    const { url } = await listen(server);
    const [ann, bob] = [await connect(`${url}/room?ann`), await connect(`${url}/room?bob`)];
    await expect.poll(() => wss.clients.size).toBe(2);
    ann.send('hello');
    expect(await bob.receive()).toBe('hello');
    expect(targets).toEqual(['/room?ann', true, '/room?bob', true, 'hello']);
    bob.terminate();
    await expect.poll(() => wss.clients.size).toBe(1);
    ann.terminate();
  });

  test('leaves clients undefined without clientTracking, and sockets still work', async () => {
    const app = express();
    const server = createServer(app);
    const instance = expressWs(app, server, { wsOptions: { clientTracking: false } });
    instance.app.ws('/', (socket) => socket.send('open'));
    expect(instance.getWss().clients).toBeUndefined();
    expect(expressWs(express(), null, { wsOptions: { clientTracking: true } }).getWss().clients).toEqual(new Set());
    const { url } = await listen(server);
    const socket = await connect(url);
    expect(await socket.receive()).toBe('open');
    socket.terminate();
  });

  test('compresses if wsOptions say so', async () => {
    const app = express();
    const server = createServer(app);
    const { app: routed } = expressWs(app, server, { wsOptions: { perMessageDeflate: true } });
    routed.ws('/', () => {});
    const { url } = await listen(server);
    const socket = await connect(url, { perMessageDeflate: true });
    expect(socket.extensions).toMatch(/^permessage-deflate/);
    socket.terminate();
  });

  test('serves files in front of a socket on the same path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'static-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'chat'));
    await writeFile(join(folder, 'index.html'), 'the page');
    const app = express();
    const server = createServer(app);
    app.use(express.static(folder));
    const { app: routed } = expressWs(app, server);
    for (const path of ['/', '/chat']) routed.ws(path, (socket) => socket.send(path));
    const { url, page } = await listen(server);
    for (const path of ['/', '/chat']) {
      const socket = await connect(url + path);
      expect(await socket.receive()).toBe(path);
      socket.terminate();
    }
    expect(await (await fetch(page)).text()).toBe('the page');
  });

  test('with leaveRouterUntouched changes only the routers passed to applyTo()', () => {
    // Of Express 5 and of Express 4.
    for (const owner of [Reflect.get(express.Router, 'prototype'), express.Router])
      Reflect.deleteProperty(owner as object, 'ws');
    const instance = expressWs(express(), undefined, { leaveRouterUntouched: true });
    const plain = express.Router() as { ws?: unknown };
    const given = express.Router() as { ws?: unknown };
    instance.applyTo(given);
    expect([typeof plain.ws, typeof given.ws]).toEqual(['undefined', 'function']);
  });

  test('names an unknown option', () => {
    expect(() => expressWs(express(), null, { wsOptions: { verifyClient: () => true } as never })).toThrow(
      'Unknown option wsOptions.verifyClient: expected one of maxPayload, perMessageDeflate, handleProtocols, clientTracking',
    );
  });
});
