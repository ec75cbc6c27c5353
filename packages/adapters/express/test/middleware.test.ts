import { connect } from '@turnout/core';
import compression from 'compression';
import cors from 'cors';
import express from 'express';
import session from 'express-session';
import helmet from 'helmet';
import morgan from 'morgan';
import { Passport } from 'passport';
import { pinoHttp } from 'pino-http';
import { describe, expect, test } from 'vitest';
import { textFrame } from '@turnout/test-kit/client-frame';
import { RawClient, formatHandshake, statusOf } from '@turnout/test-kit/raw-client';
import { serve } from './serving.ts';

const closeFrame = Buffer.from([0x88, 0x80, 0, 0, 0, 0]);

/** Returns the response to a handshake that is followed by `hello` and a Close frame. */
function talk(port: number, headers: readonly string[] = []): Promise<string> {
  return RawClient.exchange(
    port,
    Buffer.concat([Buffer.from(formatHandshake({ headers })), textFrame('hello'), closeFrame]),
  );
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
    const refusal = await RawClient.exchange(
      port,
      formatHandshake({ target: '/closed', headers: ['Accept-Encoding: gzip'] }),
    );
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
    await expect.poll(() => lines.length).toBe(3);
    expect(lines).toEqual(['GET /open 101', 'GET /closed 403', 'GET /none 404']);
    socket.terminate();
  });

  test('pino-http logs the handshake, with its status', async () => {
    const lines: string[] = [];
    const { url } = await serve((app) => {
      app.use(pinoHttp({}, { write: (line) => void lines.push(line) }));
      app.ws('/open', () => {});
    });
    const socket = await connect(`${url}/open`);
    await expect(connect(`${url}/none`)).rejects.toMatchObject({ status: 404 });
    await expect.poll(() => lines.length).toBe(2);
    const logged = lines.map((line) => JSON.parse(line) as { req: { url: string }; res: { statusCode: number } });
    expect(logged.map(({ req, res }) => [req.url, res.statusCode])).toEqual([
      ['/open', 101],
      ['/none', 404],
    ]);
    socket.terminate();
  });

  test('cors sets its headers on the 101, and does not bypass the origin check', async () => {
    const { port } = await serve((app) => {
      app.use(cors({ origin: 'https://other.test', credentials: true }));
      app.ws('/own', () => {});
      app.ws('/other', { origin: ['https://other.test'] }, () => {});
    });
    const origin = ['Origin: https://other.test'];
    expect(statusOf(await RawClient.exchange(port, formatHandshake({ target: '/own', headers: origin })))).toBe(403);
    const accepted = await RawClient.exchange(
      port,
      Buffer.concat([Buffer.from(formatHandshake({ target: '/other', headers: origin })), closeFrame]),
    );
    expect(statusOf(accepted)).toBe(101);
    expect(accepted).toContain('Access-Control-Allow-Origin: https://other.test');
  });

  test('passport finds the user of the session, and refuses requests without one', async () => {
    const users = new Passport();
    users.serializeUser((user, done) => done(null, (user as { name: string }).name));
    users.deserializeUser((name, done) => done(null, { name }));
    const { url, page } = await serve((app) => {
      app.use(session({ secret: 's', resave: false, saveUninitialized: false }), users.initialize(), users.session());
      app.get('/login', (request, response, next) => {
        request.login({ name: 'ann' } as Express.User, (error) => (error ? next(error) : response.json({})));
      });
      app.get('/logout', (request, response, next) => {
        request.logout((error) => (error ? next(error) : response.json({})));
      });
      app.ws(
        '/me',
        (request, response, next) => (request.isAuthenticated() ? next() : void response.sendStatus(401)),
        (socket, request) => void socket.send((request.user as { name?: string }).name!),
      );
    });
    await expect(connect(`${url}/me`)).rejects.toMatchObject({ status: 401 });
    const cookie = (await fetch(`${page}/login`)).headers.get('set-cookie')!.split(';', 1)[0]!;
    const socket = await connect(`${url}/me`, { headers: { Cookie: cookie } });
    expect(await socket.receive()).toBe('ann');
    // passport regenerates the session at a log-out.
    await fetch(`${page}/logout`, { headers: { Cookie: cookie } });
    expect(await socket.closed).toMatchObject({ code: 3000, reason: 'Session ended' });
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
    ['is not what a client claims', false, { ...forwarded, Origin: 'https://public.test' }, 403],
    ['is what a trusted proxy says', 'loopback', { ...forwarded, Origin: 'https://public.test' }, 101],
    [
      'is what a trusted proxy says with scheme wss',
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
    const handshake = formatHandshake({ headers: lines }).replace('Host: 127.0.0.1\r\n', '');
    expect(statusOf(await RawClient.exchange(port, Buffer.concat([Buffer.from(handshake), closeFrame])))).toBe(status);
  });
});
