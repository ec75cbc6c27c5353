import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, test } from 'vitest';
import { frameworks } from './frameworks.ts';
import { serve, transports } from './serving.ts';

// Over HTTP/2 Express itself does not run.
const everywhere = frameworks.flatMap((framework) =>
  (['http', 'HTTP/2'] as const)
    .filter((name) => name === 'http' || !framework.name.startsWith('express'))
    .map((name) => [framework.name, name, framework] as const),
);

describe.each(everywhere)('%s over %s', (_name, transport, framework) => {
  test('an AsyncLocalStorage of middleware is there in the handler and in each listener and callback of its socket', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const note = (what: string): void => void seen.push(`${what}: ${storage.getStore()}`);
    const server = await serve(framework, transports[transport], (app) => {
      app.use(({ url }) => storage.enterWith(url));
      app.ws('/listens', {
        handler: (socket) => {
          note('handler');
          socket.on('message', (data) => {
            note('message');
            socket.send(data.toString(), () => note('callback'));
            socket.ping();
          });
          socket.on('pong', () => note('pong'));
          socket.on('close', () => note('close'));
        },
      });
      app.ws('/loops', {
        handler: async (socket) => {
          for await (const message of socket) {
            note('loop');
            socket.send(String(message));
          }
          note('end of the loop');
        },
      });
    });
    const clients = await Promise.all(['/listens?1', '/loops?2', '/listens?3'].map((path) => server.open(path)));
    for (const { client } of clients) client.send('hello');
    for (const { next } of clients) expect(await next()).toBe('hello');
    await expect.poll(() => seen.filter((what) => what.startsWith('pong')).length).toBe(2);
    for (const { client } of clients) client.close(1000);
    await Promise.all(clients.map(({ closed }) => closed));
    const listening = ['handler', 'message', 'callback', 'pong', 'close'];
    const expected = [
      ...listening.map((what) => `${what}: /listens?1`),
      ...listening.map((what) => `${what}: /listens?3`),
      'loop: /loops?2',
      'end of the loop: /loops?2',
    ];
    await expect.poll(() => [...seen].sort()).toEqual(expected.sort());
  });
});
