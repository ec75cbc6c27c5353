import type { AddressInfo } from 'node:net';
import { connect } from '@turnout/core';
import Fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { turnout, type TurnoutOptions } from '../src/index.ts';

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
  test('stands in its plugin, with the prefix and the hooks of that', async () => {
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

  test('has its requests checked by the schemas of the route', async () => {
    const app = await createApp();
    const querystring = { type: 'object', required: ['token'], properties: { token: { type: 'string' } } };
    app.ws('/', { schema: { querystring } }, (socket) => void socket.send('in'));
    const host = await serve(app);
    await expect(connect(`ws://${host}/`)).rejects.toThrow('400');
    expect(await (await connect(`ws://${host}/?token=x`)).receive()).toBe('in');
  });

  test('is refused where a hook fails while the 101 is on its way', async () => {
    const app = await createApp();
    app.ws('/', { onSend: async () => Promise.reject(new Error('No')) }, () => expect.unreachable('the handler'));
    await expect(connect(`ws://${await serve(app)}/`)).rejects.toThrow('500');
    expect(app.sockets.size).toBe(0);
  });

  test('refuses what is no handler, and options that are none', async () => {
    const app = await createApp();
    expect(() => app.ws('/', 'handler' as never)).toThrow('Invalid handler of WebSocket route /');
    expect(() => app.ws('/', { maxPayload: -1 }, () => {})).toThrow(RangeError);
    await expect(createApp({ origin: 7 as never })).rejects.toThrow('Invalid option origin');
  });
});

describe('the plugin', () => {
  test('logs errors where no hook is given', async () => {
    const lines: string[] = [];
    const app: FastifyInstance = Fastify({ logger: { stream: { write: (line: string) => void lines.push(line) } } });
    await app.register(turnout);
    app.ws('/', async () => Promise.reject(new Error('Broken')));
    const socket = await connect(`ws://${await serve(app)}/`);
    expect((await socket.closed).code).toBe(1011);
    expect(lines.some((line) => line.includes('"level":50') && line.includes('Broken'))).toBe(true);
  });

  test('leaves upgrades that no route of the app has to others', async () => {
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

  test('finds paths as the router of the app does, whatever its options', async () => {
    for (const options of [
      { ignoreTrailingSlash: true, caseSensitive: false },
      { routerOptions: { ignoreTrailingSlash: true, caseSensitive: false } },
    ]) {
      const app: FastifyInstance = Fastify(options);
      await app.register(turnout, { onError: () => {} });
      app.ws('/ours', () => {});
      // Somebody else who listens: what the app does not claim is not answered by it.
      app.server.on('upgrade', () => {});
      const host = await serve(app);
      (await connect(`ws://${host}/OURS/`)).terminate();
      expect((await fetch(`http://${host}/OURS/`)).status).toBe(426);
    }
  });

  test('gives an upgrade that a constraint of the route refuses the 404 of the app', async () => {
    const app = await createApp();
    app.ws('/', { constraints: { host: 'other.test' } }, () => {});
    await expect(connect(`ws://${await serve(app)}/`)).rejects.toThrow('404');
  });

  test('closes the sockets with the app, as its option has it', async () => {
    const app = await createApp({ close: { code: 1012 } });
    app.ws('/', () => {});
    const socket = await connect(`ws://${await serve(app)}/`);
    await app.close();
    expect((await socket.closed).code).toBe(1012);
  });
});
