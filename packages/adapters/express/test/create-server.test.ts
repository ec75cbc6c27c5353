import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { get, Agent } from 'node:https';
import { connect } from '@turnout/core';
import express, { type Application } from 'express';
import { expect, test, vi } from 'vitest';
import { createSecureServer, createServer, turnout } from '../src/index.ts';
import { closeAfterTest, listen } from '@turnout/test-kit/listen';
import { type App } from './serving.ts';

/** Reads a test credential by name: `key` or `certificate`. */
const credential = (name: string): Buffer =>
  readFileSync(new URL(`../../../core/test/socket/tls/${name}.pem`, import.meta.url));

interface Prototypes {
  readonly request: object;
  readonly response: object;
}

function createApp(): App {
  const app = turnout(express());
  app.get('/page', (request, response) => void response.send(request.get('Host')));
  app.ws('/echo', (socket, request) => socket.send(`${request.path} ${request.get('X-Name')}`));
  return app;
}

/** The prototypes of requests and responses as Node.js creates them, before the app sees them. */
function watchPrototypes(server: Server, app: Application): { changed: unknown[]; seen: string[] } {
  const { request, response } = app as unknown as Prototypes;
  const seen: string[] = [];
  const changed: unknown[] = [];
  const note = (kind: string, message: object, prototype: object): void => {
    seen.push(kind);
    if (Object.getPrototypeOf(message) !== prototype) changed.push(kind);
  };
  server.prependListener('request', (message: IncomingMessage, answer: ServerResponse) => {
    note('request', message, request);
    note('response', answer, response);
  });
  server.prependListener('upgrade', (message: IncomingMessage) => note('upgrade', message, request));
  return { changed, seen };
}

test('requests, responses and upgrades have the prototypes of the app before it sees them', async () => {
  const app = createApp();
  const server = createServer(app);
  const { changed, seen } = watchPrototypes(server, app);
  const prototypes: unknown[] = [];
  const change = vi.spyOn(Object, 'setPrototypeOf').mockImplementation((object: unknown, prototype) => {
    if (object instanceof ServerResponse) prototypes.push([Reflect.getPrototypeOf(object), prototype]);
    Reflect.setPrototypeOf(object as object, prototype);
    return object;
  });
  const { port, page, url } = await listen(server);
  expect(await (await fetch(`${page}/page`)).text()).toBe(`127.0.0.1:${port}`);
  const socket = await connect(`${url}/echo`, { headers: { 'X-Name': 'Ada' } });
  expect(String(await socket.receive())).toBe('/echo Ada');
  socket.close();
  change.mockRestore();
  expect(seen).toEqual(['request', 'response', 'upgrade']);
  expect(changed).toEqual([]);
  // We create the response to an upgrade.
  for (const [before, after] of prototypes as [object, object][]) expect(before).toBe(after);
});

test('requests have what was added to app.request, before turnout() or after it, in an app that is mounted too', async () => {
  const child = express();
  Object.assign(child.request, { early: 'early' });
  turnout(child);
  Object.assign(child.request, { late: 'late' });
  child.get('/page', (request, response) => {
    const { early, late } = request as unknown as { early: string; late: string };
    response.send(`${early} ${late} ${request.app === child}`);
  });
  const app = createApp();
  app.use('/child', child);
  const { page } = await listen(createServer(app));
  expect(await (await fetch(`${page}/child/page`)).text()).toBe('early late true');
});

test('app.listen() creates the same server', async () => {
  const app = createApp();
  const server = app.listen(0, '127.0.0.1');
  closeAfterTest(server);
  await once(server, 'listening');
  const { changed, seen } = watchPrototypes(server, app);
  const address = server.address() as { port: number };
  await (await fetch(`http://127.0.0.1:${address.port}/page`)).text();
  expect(seen).toEqual(['request', 'response']);
  expect(changed).toEqual([]);
});

test('the callback of app.listen() has the server as its this, as in Express', async () => {
  const app = createApp();
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', function listened(this: unknown) {
      resolve(this);
    });
    closeAfterTest(listening);
  });
  expect(server).toHaveProperty('listening', true);
});

test('a server over TLS does the same', async () => {
  const app = createApp();
  const server = createSecureServer(app, { key: credential('key'), cert: credential('certificate') });
  const { changed, seen } = watchPrototypes(server as unknown as Server, app);
  const { port } = await listen(server as unknown as Server);
  const agent = new Agent({ rejectUnauthorized: false });
  const [answer] = (await once(get({ port, path: '/page', agent }), 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  answer.resume();
  const socket = await connect(`wss://127.0.0.1:${port}/echo`, { tls: { rejectUnauthorized: false } });
  expect(String(await socket.receive())).toBe('/echo undefined');
  socket.close();
  expect(seen).toEqual(['request', 'response', 'upgrade']);
  expect(changed).toEqual([]);
});

test('createServer() accepts the options of http.createServer(), with its own defaults', async () => {
  const own = createServer(createApp());
  const given = createServer(createApp(), { headersTimeout: 1_234, keepAliveTimeout: 4_321 });
  expect([own.headersTimeout, given.headersTimeout, given.keepAliveTimeout]).toEqual([10_000, 1_234, 4_321]);
});

test('createServer() refuses an app without WebSocket routes', () => {
  expect(() => createServer(express())).toThrow(TypeError);
});
