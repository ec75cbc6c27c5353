import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '@turnout/core';
import { createRouter } from '@turnout/router';
import { expect, test } from 'vitest';
import { scaled } from './scale.ts';

test('thousands of sockets are closed over a window, new ones get 503, and none remains', async () => {
  const count = scaled(500, 8_000);
  const router = createRouter({ handshakeTimeout: 60_000 });
  router.ws('/', (socket) => void socket.on('message', () => {}));
  const server = createServer();
  router.attach(server);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const closed: Promise<number>[] = [];
  while (closed.length < count) {
    const sockets = await Promise.all(Array.from({ length: 100 }, () => connect(url)));
    closed.push(...sockets.map(async (socket) => (await socket.closed).code));
  }
  await expect.poll(() => router.sockets.size).toBe(count);
  const isServerClosed = once(server, 'close');
  const isClosed = router.close({ code: 1012, window: scaled(500, 10_000) });
  await expect(connect(url)).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  await isClosed;
  server.close();
  expect(new Set(await Promise.all(closed))).toEqual(new Set([1012]));
  expect(router.sockets.size).toBe(0);
  await isServerClosed;
});
