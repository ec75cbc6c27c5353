import { connect } from '@turnout/core';
import compression from 'compression';
import express from 'express';
import helmet from 'helmet';
import morgan from 'morgan';
import { describe, expect, test } from 'vitest';
import { exchange, formatHandshake, statusOf, textFrame } from './raw-client.ts';
import { eventually, serve } from './serving.ts';

const closeFrame = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);

/** What a client gets that says `hello` and goodbye behind its handshake. */
function talk(port: number, headers: readonly string[] = []): Promise<string> {
  return exchange(port, Buffer.concat([Buffer.from(formatHandshake('/', headers)), textFrame('hello'), closeFrame]));
}

describe('middleware made for HTTP', () => {
  test('helmet sets its headers on the 101', async () => {
    const { port } = await serve((app) => {
      app.use(helmet());
      app.ws('/', (socket) => {
        socket.on('message', (data) => socket.send(data.toString()));
      });
    });
    const answer = await talk(port);
    expect(statusOf(answer)).toBe(101);
    for (const header of [
      'Content-Security-Policy: ',
      'Strict-Transport-Security: ',
      'X-Content-Type-Options: nosniff',
    ]) {
      expect(answer).toContain(header);
    }
    expect(answer).not.toContain('X-Powered-By');
  });

  test('compression leaves the 101 alone, and compresses a refusal', async () => {
    const { port, page } = await serve((app) => {
      app.use(compression({ threshold: 0 }));
      app.get('/page', (_request, response) => void response.send('page'.repeat(1000)));
      app.ws('/', (socket) => {
        socket.on('message', (data) => socket.send(data.toString()));
      });
      app.ws(
        '/closed',
        (_request, response) => void response.status(403).send('closed'.repeat(1000)),
        () => {},
      );
    });
    const answer = await talk(port, ['Accept-Encoding: gzip']);
    expect([statusOf(answer), /Content-Encoding|Transfer-Encoding/.test(answer)]).toEqual([101, false]);
    expect(answer).toContain('hello');
    const refusal = await exchange(port, formatHandshake('/closed', ['Accept-Encoding: gzip']));
    expect([statusOf(refusal), refusal.includes('Content-Encoding: gzip\r\n')]).toEqual([403, true]);
    expect(await (await fetch(`${page}/page`)).text()).toHaveLength(4000);
  });

  test('morgan logs the handshake, with its status', async () => {
    const lines: string[] = [];
    const { url } = await serve((app) => {
      app.use(morgan(':method :url :status', { stream: { write: (line) => lines.push(line.trim()) } }));
      app.ws('/open', () => {});
      app.ws(
        '/closed',
        (_request, response) => void response.sendStatus(403),
        () => {},
      );
    });
    const socket = await connect(`${url}/open`);
    await expect(connect(`${url}/closed`)).rejects.toMatchObject({ status: 403 });
    await expect(connect(`${url}/none`)).rejects.toMatchObject({ status: 404 });
    await eventually(() => lines.length === 3);
    expect(lines).toEqual(['GET /open 101', 'GET /closed 403', 'GET /none 404']);
    socket.terminate();
  });

  test('body parsers and static files let an upgrade pass', async () => {
    const { url } = await serve((app) => {
      app.use(express.json(), express.urlencoded(), express.text(), express.raw());
      app.use(express.static('/nowhere'));
      app.ws('/', (socket) => socket.send('open'));
    });
    const socket = await connect(url);
    expect(await socket.receive()).toBe('open');
    socket.terminate();
  });
});

describe('the address of an app', () => {
  const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'public.test' };

  test.each<[string, unknown, Record<string, string>, number]>([
    ['is its Host', false, { Origin: 'http://public.test', Host: 'public.test' }, 101],
    ['is nothing that a client claims', false, { ...forwarded, Origin: 'https://public.test' }, 403],
    ['is what a trusted proxy says', 'loopback', { ...forwarded, Origin: 'https://public.test' }, 101],
    [
      'is what a proxy says that writes wss',
      'loopback',
      { ...forwarded, 'X-Forwarded-Proto': 'wss', Origin: 'https://public.test' },
      101,
    ],
    ['is not that of another scheme', 'loopback', { ...forwarded, Origin: 'http://public.test' }, 403],
    ['is not what another proxy says', '192.0.2.1', { ...forwarded, Origin: 'https://public.test' }, 403],
  ])('%s', async (_name, trustProxy, headers, status) => {
    const { port } = await serve((app) => {
      app.set('trust proxy', trustProxy);
      app.ws('/', () => {});
    });
    const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(([name, value]) => `${name}: ${value}`);
    const handshake = formatHandshake('/', lines).replace('Host: 127.0.0.1\r\n', '');
    expect(statusOf(await exchange(port, Buffer.concat([Buffer.from(handshake), closeFrame])))).toBe(status);
  });
});
