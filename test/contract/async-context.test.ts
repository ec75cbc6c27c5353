import { AsyncLocalStorage } from 'node:async_hooks';
import type { WebSocket } from '@turnout/core';
import { transports } from '@turnout/testing/adapter-contract';
import { describe, expect, onTestFinished, test } from 'vitest';
import { frameworks } from './frameworks.ts';
import { serve } from './serving.ts';

const versions = frameworks.flatMap((framework) => [
  [framework.name, 'http', framework, transports.http] as const,
  ...(framework.speaksHttp2 ? [[framework.name, 'HTTP/2', framework, transports['HTTP/2']] as const] : []),
]);

describe.each(versions)('the asynchronous context of %s over %s', (_name, _version, framework, transport) => {
  test('in which middleware runs what follows holds in the handler, its listeners, callbacks and promises', async () => {
    const storage = new AsyncLocalStorage<string>();
    // Left on, the storage would slow down every promise of the process.
    onTestFinished(() => storage.disable());
    const seen: string[] = [];
    const note = (what: string): void => void seen.push(`${what}: ${storage.getStore()}`);
    const handler = async (socket: WebSocket): Promise<void> => {
      note('handler');
      socket.on('close', () => note('close'));
      socket.on('message', async (data) => {
        note('message');
        socket.send(Buffer.alloc(1024 * 1024), () => note('callback'));
        await socket.drained();
        note('drained');
        socket.send(data.toString());
      });
      await socket.closed;
      note('closed');
    };
    const server = await serve(framework, transport, (app) => {
      app.runWith(storage);
      app.ws('/here', { handler });
    });
    const clients = await Promise.all(['/here?1', '/here?2'].map((path) => server.open(path)));
    for (const { client } of clients) client.send('hello');
    for (const { next } of clients) {
      await next();
      expect(await next()).toBe('hello');
    }
    for (const { client } of clients) client.close(1000);
    const expected = ['handler', 'message', 'callback', 'drained', 'close', 'closed'].flatMap((what) => [
      `${what}: /here?1`,
      `${what}: /here?2`,
    ]);
    await expect.poll(() => seen.toSorted()).toEqual(expected.toSorted());
  });
});
