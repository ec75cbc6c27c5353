import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@turnout/core';
import { attach, turnout } from '@turnout/express';
import { expressWs } from '@turnout/express/express-ws';
import { attach as attachKoa, turnout as turnoutKoa } from '@turnout/koa';
import { createRouter } from '@turnout/router';
import compression from 'compression';
import express5 from 'express';
import session from 'express-session';
import express4 from 'express4';
import Koa from 'koa';
import serveKoa from 'koa-static';
import serveHandler from 'serve-handler';
import sirv from 'sirv';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnout-files-'));
  await mkdir(join(folder, 'chat'));
  await mkdir(join(folder, 'docs'));
  for (const name of [
    'index.html',
    'login.html',
    'live.html',
    'feed',
    'chat/index.html',
    'docs/page.html',
    'data.json',
  ]) {
    await writeFile(join(folder, name), `file ${name}`);
  }
});

afterAll(() => rm(folder, { recursive: true }));

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The first message of a WebSocket, or the status that refuses it. */
async function ask(host: string, path: string): Promise<string> {
  try {
    const socket = await connect(`ws://${host}${path}`);
    const text = String(await socket.receive());
    socket.terminate();
    return text;
  } catch (error) {
    return String((error as { status: number }).status);
  }
}

const routes = ['/', '/chat', '/feed', '/live.html', '/data.json', '/docs', '/none'];
const paths = ['/?x=1', '/chat/', ...routes];

type Handler = (request: never, response: never, next: (error?: unknown) => void) => unknown;

interface App {
  readonly use: (...parameters: never[]) => unknown;
  readonly ws: (path: string, handler: (socket: { send(text: string): void }) => void) => unknown;
  readonly server: Server;
}

const apps: Record<string, () => App> = {
  'express 5': () => {
    const app = turnout(express5());
    const server = createServer(app);
    attach(server, app);
    return { use: app.use.bind(app), ws: app.ws.bind(app) as App['ws'], server };
  },
  'express 4': () => {
    const app = turnout(express4());
    const server = createServer(app);
    attach(server, app);
    return { use: app.use.bind(app), ws: app.ws.bind(app) as App['ws'], server };
  },
  'the import for express-ws': () => {
    const app = express5();
    const server = createServer(app);
    const { app: served } = expressWs(app, server, { leaveRouterUntouched: true });
    return { use: app.use.bind(app), ws: served.ws as App['ws'], server };
  },
  'node:http': () => {
    const router = createRouter();
    const server = createServer();
    router.attach(server);
    return { use: router.use.bind(router) as App['use'], ws: router.ws.bind(router) as App['ws'], server };
  },
};

const servers: Record<string, () => Handler> = {
  'express.static': () => express5.static(folder) as Handler,
  'express.static without redirects': () => express5.static(folder, { redirect: false }) as Handler,
  'express.static of Express 4': () => express4.static(folder) as Handler,
  sirv: () => sirv(folder) as Handler,
  'sirv for development': () => sirv(folder, { dev: true }) as Handler,
};

describe.each(Object.entries(apps))('in %s', (_app, createApp) => {
  test.each(Object.entries(servers))(
    '%s in front does not answer an upgrade, and serves its files',
    async (_name, create) => {
      const { use, ws, server } = createApp();
      use(create() as never);
      for (const path of routes) ws(path, (socket) => socket.send(path));
      const host = await listening(server);
      const answers = await Promise.all(paths.map((path) => ask(host, path)));
      expect(answers).toEqual(['/', '/chat', ...routes]);
      expect(await (await fetch(`http://${host}/`)).text()).toBe('file index.html');
      expect(await (await fetch(`http://${host}/chat/`)).text()).toBe('file chat/index.html');
      expect(await (await fetch(`http://${host}/feed`)).text()).toBe('file feed');
    },
  );

  test('middleware that serves files below a path does not answer an upgrade there', async () => {
    const { use, ws, server } = createApp();
    use('/app' as never, express5.static(folder) as never);
    ws('/app', (socket) => socket.send('app'));
    ws('/app/chat', (socket) => socket.send('chat'));
    const host = await listening(server);
    expect(await Promise.all(['/app', '/app/', '/app/chat'].map((path) => ask(host, path)))).toEqual([
      'app',
      'app',
      'chat',
    ]);
    expect((await fetch(`http://${host}/app`, { redirect: 'manual' })).status).toBe(301);
  });
});

test('behind sessions and compression the 101 still has its cookie, and nothing from the file', async () => {
  const app = turnout(express5());
  app.use(compression());
  app.use(session({ secret: 'secret', resave: false, saveUninitialized: true }));
  app.use((_request, response, next) => {
    response.setHeader('X-Before', 'yes');
    next();
  });
  app.use(express5.static(folder, { setHeaders: (response) => response.setHeader('X-Before', 'file') }));
  app.use(sirv(folder));
  app.ws('/chat', (socket) => void socket.send('chat'));
  const server = createServer(app);
  attach(server, app);
  const host = await listening(server);
  const answer = await new Promise<Record<string, unknown>>((resolve) => {
    void import('ws').then(({ WebSocket }) => {
      const client = new WebSocket(`ws://${host}/chat`);
      client.on('upgrade', ({ headers }) => resolve(headers));
      client.on('message', () => client.terminate());
    });
  });
  expect(answer).toMatchObject({ 'x-before': 'yes', 'set-cookie': [expect.stringContaining('connect.sid')] });
  for (const name of [
    'etag',
    'last-modified',
    'cache-control',
    'accept-ranges',
    'location',
    'content-security-policy',
  ]) {
    expect(answer).not.toHaveProperty(name);
  }
});

describe('a page that middleware answers with refuses the WebSocket', () => {
  const login = (): string => join(folder, 'login.html');
  const index = (): string => join(folder, 'index.html');
  const gates: Record<string, express5.RequestHandler> = {
    'by sendFile()': (_request, response) => response.sendFile(login()),
    'by sendFile() of the file at its path': ({ path }, response, next) =>
      path === '/' ? response.sendFile(index()) : next(),
    'by a stream': (_request, response) => void createReadStream(login()).pipe(response),
    'by a stream, at one path': ({ path }, response, next) =>
      path === '/' ? void createReadStream(login()).pipe(response) : next(),
    'by a stream of the file at its path': (_request, response) => void createReadStream(index()).pipe(response),
    'by a stream of the file at its path, at one path': ({ path }, response, next) =>
      path === '/' ? void createReadStream(index()).pipe(response) : next(),
    'by a stream of the file at its path, after an asynchronous check': async ({ path }, response, next) => {
      await new Promise((resolve) => setImmediate(resolve));
      const isGuarded = path === '/';
      if (isGuarded) createReadStream(index()).pipe(response);
      else next();
    },
    'as text': (_request, response) => void response.send('Log in first'),
    'by a redirect': (_request, response) => response.redirect('/login.html'),
    'by a redirect to another host': (_request, response) => response.redirect(301, 'https://other.example/'),
  };

  test.each(Object.entries(gates))('%s', async (_name, gate) => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const app = turnout(express5());
    app.use(express5.static(folder));
    app.use(gate);
    app.ws('/', () => expect.unreachable('the handler'));
    const server = createServer(app);
    attach(server, app);
    expect(await ask(await listening(server), '/')).toMatch(/^[23]\d\d$/);
    warned.mockRestore();
  });
});

test('serve-handler, which never calls next, answers, and the developer gets a notice', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const router = createRouter();
  router.use((request, response) => void serveHandler(request, response, { public: folder }));
  router.ws('/feed', () => expect.unreachable('the handler'));
  const server = createServer();
  router.attach(server);
  expect(await ask(await listening(server), '/feed')).toBe('404');
  warned.mockRestore();
});

test.each([false, true])(
  'koa-static in front does not answer an upgrade, and serves its files (defer: %s)',
  async (defer) => {
    const app = turnoutKoa(new Koa());
    app.on('error', () => {});
    app.use(async (context, next) => {
      context.set('X-Before', 'yes');
      await next();
    });
    app.use(serveKoa(folder, { defer }));
    for (const path of ['/chat/', ...routes]) {
      app.ws(path, (socket) => void socket.send(path));
    }
    const server = createServer((request, response) => void app.callback()(request, response));
    attachKoa(server, app);
    const host = await listening(server);
    const answers = await Promise.all(paths.map((path) => ask(host, path)));
    expect(answers).toEqual(['/', '/chat/', ...routes]);
    if (!defer) expect(await (await fetch(`http://${host}/`)).text()).toBe('file index.html');
  },
);

test('a page that Koa middleware answers with refuses the WebSocket', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  for (const gate of [
    (context: Koa.Context) => void (context.body = createReadStream(join(folder, 'login.html'))),
    (context: Koa.Context) => void (context.body = createReadStream(join(folder, 'index.html'))),
    (context: Koa.Context, next: Koa.Next) =>
      context.path === '/' ? void (context.body = createReadStream(join(folder, 'login.html'))) : next(),
    (context: Koa.Context, next: Koa.Next) =>
      context.path === '/' ? void (context.body = createReadStream(join(folder, 'index.html'))) : next(),
    (context: Koa.Context) => void (context.body = 'Log in first'),
    (context: Koa.Context) => context.redirect('/login.html'),
  ]) {
    const app = turnoutKoa(new Koa());
    app.use(serveKoa(folder));
    app.use(gate as Koa.Middleware);
    app.ws('/', () => expect.unreachable('the handler'));
    const server = createServer();
    attachKoa(server, app);
    expect(await ask(await listening(server), '/')).toMatch(/^[23]\d\d$/);
  }
  warned.mockRestore();
});
