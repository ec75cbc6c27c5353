import { deepStrictEqual, strictEqual } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import type { StageCases } from '../stage.ts';
import { assertHeaders } from './assert-headers.ts';
import { echo } from './echo.ts';

/** A route within its app: paths, middleware, and pages beside it. */
export const routeCases: StageCases = {
  async 'a handler gets the socket, the parameters of its path and the target of the request'(stage) {
    const { app, open } = await stage.serve(({ ws }) => {
      ws('/rooms/:room', {
        handler: (socket, { params, url }) => {
          socket.send(JSON.stringify([params['room'], url]));
          echo(socket);
        },
      });
    });
    const { client, next, closed } = await open('/rooms/a%20b?x=1');
    deepStrictEqual(JSON.parse(await next()), ['a b', '/rooms/a%20b?x=1']);
    client.send('text');
    strictEqual(await next(), 'text');
    client.close(4000, 'bye');
    deepStrictEqual(await closed, { code: 4000, reason: 'bye' });
    await stage.eventually(() => app.sockets.size, 0);
  },

  async 'messages that the client sends while middleware waits are not lost'(stage) {
    const { open } = await stage.serve(({ use, ws }) => {
      use(async () => delay(30));
      ws('/echo', { steps: [async () => delay(30)], handler: async (socket) => (await delay(30), echo(socket)) });
    });
    const { client, next } = await open('/echo');
    for (const text of ['1', '2', '3']) client.send(text);
    deepStrictEqual([await next(), await next(), await next()], ['1', '2', '3']);
  },

  async 'middleware of the app and of the route runs in order, sees a GET, and its headers and cookies are on the 101'(
    stage,
  ) {
    const seen: string[] = [];
    const { open } = await stage.serve(({ use, ws }) => {
      use(({ setHeader, method, url, message }) => {
        seen.push(`app ${method} ${url}`, `app ${message.method}`);
        setHeader('X-App', 'yes');
        setHeader('Set-Cookie', ['a=1', 'b=2']);
      });
      ws('/echo', {
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
    const { headers } = await open('/echo?q');
    deepStrictEqual(seen, ['app GET /echo?q', 'app GET', 'route GET', 'route GET']);
    assertHeaders(headers, { 'x-app': 'yes', 'x-route': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    strictEqual(headers['content-type'], undefined, 'The Content-Type of the 101');
  },

  async 'a path without a route gets the 404 of the app'(stage) {
    const { refusal, get } = await stage.serve((app) => {
      app.ws('/echo', { handler: echo });
      app.get('/page', 'page');
    });
    strictEqual((await refusal('/nothing')).status, 404);
    strictEqual((await refusal('/page')).status, 404);
    strictEqual((await get('/nothing')).status, 404);
  },

  async 'a page and a WebSocket can share a path, in either order'(stage) {
    const { open, get } = await stage.serve((app) => {
      app.ws('/first', { handler: echo });
      app.get('/first', 'first');
      app.get('/second', 'second');
      app.ws('/second', { handler: echo });
    });
    for (const path of ['first', 'second']) {
      const { status, body } = await get(`/${path}`);
      deepStrictEqual([status, body], [200, path]);
      const { client, next } = await open(`/${path}`);
      client.send(path);
      strictEqual(await next(), path);
    }
  },

  async 'a plain request for the path of a WebSocket route gets 426'(stage) {
    const { get } = await stage.serve(({ ws }) => ws('/echo/:x', { handler: echo }));
    const { status, headers, body } = await get('/echo/1');
    if (stage.transport.version === 1) deepStrictEqual([status, headers.upgrade], [426, 'websocket']);
    else deepStrictEqual([status, headers.allow], [405, 'CONNECT']);
    strictEqual(body.includes('this path is a WebSocket'), true, body);
  },

  async 'a malformed escape in a parameter gets the same answer as for a page'(stage) {
    const { open, refusal, get } = await stage.serve((app) => {
      app.ws('/rooms/:room', { handler: echo });
      app.get('/pages/:page', 'page');
    });
    for (const escape of ['%', '%E0%A4%A', '%zz']) {
      const { status } = await get(`/pages/${escape}`);
      if (status === 200) (await open(`/rooms/${escape}`)).client.terminate();
      else strictEqual((await refusal(`/rooms/${escape}`)).status, status, escape);
    }
  },
};
