import type { AddressInfo } from 'node:net';
import { connect } from '@turnout/core';
import Fastify, { type FastifyInstance } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createWebSocketServer, turnout, type TurnoutOptions } from '../src/index.ts';

async function createApp(options: TurnoutOptions = {}): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify();
  await app.register(turnout, { onError: () => {}, ...options });
  return app;
}

/** Until the test is over. */
async function serve(app: FastifyInstance): Promise<string> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => app.close());
  return `127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

describe('app.ws()', () => {
  test('uses the prefix and the hooks of its plugin', async () => {
    const app = await createApp();
    await app.register(
      async (plugin) => {
        plugin.addHook('onRequest', async (_request, reply) => void reply.header('X-Plugin', 'yes'));
        plugin.ws('/:room', (socket, request) => void socket.send(request.params.room));
      },
      { prefix: '/rooms' },
    );
    const host = await serve(app);
    const socket = await connect(`ws://${host}/rooms/blue`);
    expect(await socket.receive()).toBe('blue');
    await expect(connect(`ws://${host}/blue`)).rejects.toThrow('404');
    expect((await fetch(`http://${host}/rooms/blue`)).status).toBe(426);
  });

  test('validates requests with the schemas of the route', async () => {
    const app = await createApp();
    const querystring = { type: 'object', required: ['token'], properties: { token: { type: 'string' } } };
    app.ws('/', { schema: { querystring } }, (socket) => void socket.send('in'));
    const host = await serve(app);
    await expect(connect(`ws://${host}/`)).rejects.toThrow('400');
    expect(await (await connect(`ws://${host}/?token=x`)).receive()).toBe('in');
  });

  test('refuses if a hook fails while the 101 is being sent', async () => {
    const app = await createApp();
    app.ws('/', { onSend: async () => Promise.reject(new Error('No')) }, () => expect.unreachable('the handler'));
    await expect(connect(`ws://${await serve(app)}/`)).rejects.toThrow('500');
    expect(app.sockets.size).toBe(0);
  });

  test('calls its handler on its instance, as Fastify calls its own handlers', async () => {
    const app = await createApp();
    app.decorate('greeting', 'outer');
    await app.register(async (plugin) => {
      plugin.decorate('name', 'inner');
      plugin.ws('/inner', function handle(socket) {
        const { greeting, name } = this as FastifyInstance & { readonly greeting: string; readonly name: string };
        socket.send(`${greeting} ${name} ${String(this === plugin)}`);
      });
    });
    app.ws('/outer', async function handle(socket) {
      socket.send(String(this === app));
    });
    const host = await serve(app);
    expect(await (await connect(`ws://${host}/inner`)).receive()).toBe('outer inner true');
    expect(await (await connect(`ws://${host}/outer`)).receive()).toBe('true');
  });

  test('is recommended for a route of @fastify/websocket if that plugin is missing', async () => {
    const app = await createApp();
    const foreign = { websocket: true } as object;
    const message = "of /rooms/chat: it is an option of @fastify/websocket, expected app.ws('/rooms/chat', handler)";
    await app.register(
      async (plugin) => {
        expect(() => plugin.get('/chat', foreign, () => {})).toThrow(`Invalid route option websocket ${message}`);
        const both = { method: 'GET', url: '/chat', handler: () => {}, wsHandler: () => {} } as const;
        expect(() => plugin.route(both)).toThrow(`Invalid route option wsHandler ${message}`);
        plugin.get('/page', { websocket: false } as object, async () => 'page');
      },
      { prefix: '/rooms' },
    );
    const host = await serve(app);
    expect(await (await fetch(`http://${host}/rooms/page`)).text()).toBe('page');
  });

  test('leaves such a route alone if @fastify/websocket is registered', async () => {
    const app = await createApp();
    await app.register(fastifyPlugin(async () => {}, { name: '@fastify/websocket' }));
    app.get('/chat', { websocket: true } as object, async () => 'theirs');
    const host = await serve(app);
    expect(await (await fetch(`http://${host}/chat`)).text()).toBe('theirs');
  });

  test('refuses an invalid handler and invalid options', async () => {
    const app = await createApp();
    expect(() => app.ws('/', 'handler' as never)).toThrow('Invalid handler of WebSocket route /');
    expect(() => app.ws('/', { maxPayload: -1 }, () => {})).toThrow(RangeError);
    await expect(createApp({ origin: 7 as never })).rejects.toThrow('Invalid option origin');
  });
});

describe('the plugin', () => {
  test('logs errors without a hook', async () => {
    const lines: string[] = [];
    const app: FastifyInstance = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } });
    await app.register(turnout);
    app.ws('/', async () => Promise.reject(new Error('Broken')));
    const socket = await connect(`ws://${await serve(app)}/`);
    expect((await socket.closed).code).toBe(1011);
    expect(lines.some((line) => line.includes('"level":50') && line.includes('Broken'))).toBe(true);
  });

  test('leaves upgrades that match no route of the app to others', async () => {
    const app = await createApp();
    app.ws('/ours', () => {});
    app.server.on('upgrade', (request, duplex) => {
      if (request.url === '/ours') return;
      duplex.end('HTTP/1.1 418 Theirs\r\nConnection: close\r\n\r\n');
    });
    const host = await serve(app);
    await expect(connect(`ws://${host}/theirs`)).rejects.toThrow('418');
    (await connect(`ws://${host}/ours`)).terminate();
  });

  test('matches paths like the app’s router, whatever its options', async () => {
    const loose = { ignoreTrailingSlash: true, caseSensitive: false, maxParamLength: 200, allowUnsafeRegex: true };
    for (const options of [loose, { routerOptions: loose }]) {
      const app: FastifyInstance = Fastify(options);
      await app.register(turnout, { onError: () => {}, handshakeTimeout: 40 });
      app.ws('/ours', () => {});
      app.ws('/long/:name', () => {});
      app.ws('/unsafe/:name((a+)+$)', () => {});
      // With another listener, the app does not answer upgrades that it does not claim.
      app.server.on('upgrade', () => {});
      const host = await serve(app);
      (await connect(`ws://${host}/OURS/`)).terminate();
      (await connect(`ws://${host}/LONG/${'x'.repeat(150)};`)).terminate();
      await expect(connect(`ws://${host}/long/${'x'.repeat(201)}`)).rejects.toMatchObject({ status: 404 });
      expect((await fetch(`http://${host}/OURS/`)).status).toBe(426);
    }
  });

  test('answers an upgrade that a route constraint excludes with the app’s 404', async () => {
    const app = await createApp();
    app.ws('/', { constraints: { host: 'other.test' } }, () => {});
    await expect(connect(`ws://${await serve(app)}/`)).rejects.toThrow('404');
  });

  test('closes the sockets when the app closes, as its option says', async () => {
    const app = await createApp({ close: { code: 1012 } });
    app.ws('/', () => {});
    const socket = await connect(`ws://${await serve(app)}/`);
    await app.close();
    expect((await socket.closed).code).toBe(1012);
  });
});

test("a server for libraries emits connection with Node.js's request", async () => {
  const server = createWebSocketServer();
  server.on('connection', (socket, { url, headers }) => socket.send(`${url} ${headers.host}`));
  const app = await createApp();
  app.ws('/:room', { protocols: server.protocols }, server.handler);
  const host = await serve(app);
  const socket = await connect(`ws://${host}/a`, { protocols: ['x', 'y'] });
  expect([socket.protocol, await socket.receive(), server.clients.size]).toEqual(['x', `/a ${host}`, 1]);
  socket.terminate();
});
