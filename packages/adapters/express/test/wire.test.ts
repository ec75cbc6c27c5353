import { connect } from '@turnout/core';
import express from 'express';
import type { Request, Response } from 'express';
import session from 'express-session';
import { describe, expect, test } from 'vitest';
import type { TurnoutOptions } from '../src/index.ts';
import { textFrame } from '@turnout/test-kit/client-frame';
import { RawClient, dialTcp, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serve } from './serving.ts';

/** An app with common middleware and echo routes. */
function serveApp(options: TurnoutOptions = {}): ReturnType<typeof serve> {
  return serve((app) => {
    app.use(session({ secret: 'test', resave: false, saveUninitialized: true }), express.json());
    app.get('/slow', () => {});
    app.ws('/', (socket) => {
      socket.on('message', (data) => socket.send(data.toString()));
    });
    app.ws(
      '/never',
      () => {},
      () => {},
    );
    app.ws(
      '/crlf',
      (_request, response) => void response.setHeader('X-Own', 'a\r\nX-Injected: 1'),
      () => {},
    );
    app.ws(
      '/cookie',
      (_request, response, next) => {
        response.cookie('a', 'b\r\nX-Injected: 1\0Ā');
        next();
      },
      () => {},
    );
    app.ws('/protocol', { protocols: () => 'never offered' }, () => {});
    app.ws(
      '/answers-twice',
      (_request, response, next) => {
        response.status(403).send('first');
        next();
      },
      () => {},
    );
    app.ws(
      '/body-and-error',
      (_request, response, next) => {
        response.status(403).send('first');
        next(new Error('second'));
      },
      () => {},
    );
    app.ws(
      '/next-and-error',
      (_request, _response, next) => {
        next(new Error('first'));
        next(new Error('second'));
      },
      () => {},
    );
    app.ws(
      '/throws',
      () => {
        throw new Error('Broken');
      },
      () => {},
    );
  }, options);
}

const smuggled = 'GET /slow HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

describe('one request gets exactly one response, and a refused connection is closed', () => {
  test.each<[string, string, number]>([
    ['an upgrade with a body', `${formatHandshake({ headers: ['Content-Length: 11'] })}GET /admin..`, 400],
    ['an upgrade with chunks', `${formatHandshake({ headers: ['Transfer-Encoding: chunked'] })}0\r\n\r\n`, 400],
    ['both', formatHandshake({ headers: ['Transfer-Encoding: chunked', 'Content-Length: 4'] }), 400],
    ['an expectation', formatHandshake({ headers: ['Expect: 100-continue'] }), 400],
    ['middleware that never answers', formatHandshake({ target: '/never' }), 503],
    ['middleware that throws', formatHandshake({ target: '/throws' }), 500],
    ['middleware that answers and calls next()', formatHandshake({ target: '/answers-twice' }), 403],
    ['middleware that answers and fails', formatHandshake({ target: '/body-and-error' }), 403],
    ['middleware that fails twice', formatHandshake({ target: '/next-and-error' }), 500],
    ['a header with a line break', formatHandshake({ target: '/crlf' }), 500],
    [
      'a subprotocol that was not offered',
      formatHandshake({ target: '/protocol', headers: ['Sec-WebSocket-Protocol: chat'] }),
      500,
    ],
    ['version 8', formatHandshake().replace('Version: 13', 'Version: 8'), 426],
    ['POST', formatHandshake().replace('GET', 'POST'), 405],
    ['HTTP 1.0', formatHandshake().replace('HTTP/1.1', 'HTTP/1.0'), 505],
    ['no Host', formatHandshake().replace('Host: 127.0.0.1\r\n', ''), 400],
    ['a foreign Origin', formatHandshake({ headers: ['Origin: http://evil.test'] }), 403],
    ['Origin null', formatHandshake({ headers: ['Origin: null'] }), 403],
    ['two Origins', formatHandshake({ headers: ['Origin: http://127.0.0.1', 'Origin: http://127.0.0.1'] }), 400],
    ['no route', formatHandshake({ target: '/none' }), 404],
    ['an HTTP route alone', formatHandshake({ target: '/slow' }), 404],
  ])('%s', async (_name, text, status) => {
    const { port } = await serveApp(text.includes('/never') ? { handshakeTimeout: 50 } : {});
    const bystander = await connect(`ws://127.0.0.1:${port}/`);
    const answer = await RawClient.exchange(port, text + smuggled);
    expect(statusOf(answer)).toBe(status);
    expect(answer).toMatch(/\r\nConnection: close/);
    expect(answer.split('HTTP/1.1 ')).toHaveLength(2);
    expect(answer).not.toMatch(/Sec-WebSocket-Accept|X-Injected|100 Continue/);
    bystander.send('still here');
    expect(await bystander.receive()).toBe('still here');
    bystander.terminate();
  });

  test('an upgrade behind an unanswered request gets no response', async () => {
    const { port } = await serveApp();
    expect(await RawClient.exchange(port, smuggled + formatHandshake())).toBe('');
  });

  test('a cookie value cannot break its header', async () => {
    const { url } = await serveApp();
    const socket = await connect(`${url}/cookie`);
    expect(socket.readyState).toBe(1);
    socket.terminate();
  });
});

test('messages sent right after the handshake are delivered, with express-session in between', async () => {
  const { port } = await serveApp();
  const socket = await dialTcp(port, { allowHalfOpen: true });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(Buffer.concat([Buffer.from(formatHandshake()), textFrame('one'), textFrame('two')]));
  await expect.poll(() => text.includes('two')).toBe(true);
  expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe('\u0081\u0003one\u0081\u0003two');
  socket.destroy();
});

test('1000 clients that reset their connection while middleware waits leave nothing behind', async () => {
  const waiting: (() => void)[] = [];
  const { app, port, url, errors, connections } = await serve((served) => {
    served.use(session({ secret: 'test', resave: false, saveUninitialized: true }));
    const wait = (_request: Request, _response: Response, next: () => void): void => void waiting.push(next);
    served.ws('/wait', wait, () => {
      throw new Error('Never called');
    });
    for (const path of ['/one', '/two']) {
      served.ws(path, async (socket) => {
        for await (const message of socket) socket.send(`${path} ${String(message)}`);
      });
    }
  });
  const bystanders = await Promise.all([connect(`${url}/one`), connect(`${url}/two`)]);
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(Array.from({ length: 100 }, () => dialTcp(port, { allowHalfOpen: true })));
    for (const client of clients) client.write(formatHandshake({ target: '/wait' }));
    await expect.poll(() => waiting.length).toBe(100);
    for (const client of clients) client.resetAndDestroy();
    await expect.poll(() => connections.size).toBe(2);
    for (const bystander of bystanders) bystander.send('alive');
    expect(await Promise.all(bystanders.map((bystander) => bystander.receive()))).toEqual(['/one alive', '/two alive']);
    for (const next of waiting.splice(0)) next();
  }
  await expect.poll(() => app.sockets.size).toBe(2);
  expect(errors).toEqual([]);
  const closed = app.close();
  expect((await Promise.all(bystanders.map((bystander) => bystander.closed))).map(({ code }) => code)).toEqual([
    1001, 1001,
  ]);
  await closed;
  expect(statusOf(await RawClient.exchange(port, formatHandshake({ target: '/one' })))).toBe(503);
});
