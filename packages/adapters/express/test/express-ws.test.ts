import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { compileFunction } from 'node:vm';
import { connect } from '@turnout/core';
import express from 'express';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { expressWs } from '../src/express-ws.ts';
import { eventually, listen } from './serving.ts';

const require = createRequire(import.meta.url);

/** The examples of the README of `express-ws` itself. */
const [setUp, echo, router, full] = [
  ...readFileSync(require.resolve('express-ws/README.md'), 'utf8').matchAll(/```javascript\n([\s\S]*?)```/g),
].map(([, code]) => code!);

/** Runs an example as it is, but for what it requires and the port; returns its server. */
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
    await eventually(() => logged.length === 5);
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
  test('serves a server that it is given, and knows all clients', async () => {
    const app = express();
    const server = createServer(app);
    const instance = expressWs(app, server, { wsOptions: { maxPayload: 10 } });
    expect(instance.app).toBe(app);
    instance.app.ws('/', () => {});
    const { url } = await listen(server);
    const socket = await connect(url);
    await eventually(() => instance.getWss().clients.size === 1);
    socket.send('x'.repeat(11));
    expect((await socket.closed).code).toBe(1009);
  });

  test('gives several functions the socket one after the other, and reports what they pass on', async () => {
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
    // After the last, nobody is left.
    expect((await socket.closed).code).toBe(1005);
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    expect((await (await connect(`${url}/?fail`)).closed).code).toBe(1011);
    expect(printed).toHaveBeenCalledWith(expect.objectContaining({ message: 'Passed on' }));
    expect(calls).toEqual(['first', 'second', 'first']);
  });

  test('leaves routers alone where it is told to, but for those that it is given', () => {
    // Of Express 5 and of Express 4.
    for (const owner of [Reflect.get(express.Router, 'prototype'), express.Router])
      Reflect.deleteProperty(owner as object, 'ws');
    const instance = expressWs(express(), undefined, { leaveRouterUntouched: true });
    const plain = express.Router() as { ws?: unknown };
    const given = express.Router() as { ws?: unknown };
    instance.applyTo(given);
    expect([typeof plain.ws, typeof given.ws]).toEqual(['undefined', 'function']);
  });

  test('says which option is not there', () => {
    expect(() => expressWs(express(), null, { wsOptions: { verifyClient: () => true } as never })).toThrow(
      'Invalid option wsOptions.verifyClient: not there; see docs/migrating-from-express-ws.md',
    );
  });
});
