import { connect } from '@turnout/core';
import { rateLimit } from 'express-rate-limit';
import { expect, test } from 'vitest';
import { serve } from './serving.ts';

test('express-rate-limit refuses one upgrade too many with its 429, counting earlier requests of any kind', async () => {
  let opened = 0;
  const { app, url, page, errors } = await serve((server) => {
    server.use(rateLimit({ windowMs: 60_000, limit: 3, standardHeaders: 'draft-8', legacyHeaders: false }));
    server.get('/page', (_request, response) => void response.end('page'));
    server.ws('/socket', () => {
      opened++;
    });
  });
  const sockets = [await connect(`${url}/socket`), await connect(`${url}/socket`)];
  expect((await fetch(`${page}/page`)).status).toBe(200);
  await expect(connect(`${url}/socket`)).rejects.toMatchObject({
    status: 429,
    headers: { 'retry-after': '60', connection: 'close' },
    body: expect.stringContaining('Too many requests') as string,
  });
  expect((await fetch(`${page}/page`)).status).toBe(429);
  // Open sockets are not affected.
  expect([opened, app.sockets.size, errors]).toEqual([2, 2, []]);
  for (const socket of sockets) socket.terminate();
  await expect.poll(() => app.sockets.size).toBe(0);
});

test('express-rate-limit on a WebSocket route counts its upgrades alone', async () => {
  const { app, url, page } = await serve((server) => {
    server.get('/socket', (_request, response) => void response.end('page'));
    server.ws('/socket', rateLimit({ windowMs: 60_000, limit: 1, validate: { creationStack: false } }), () => {});
  });
  for (let index = 0; index < 3; index++) expect((await fetch(`${page}/socket`)).status).toBe(200);
  const socket = await connect(`${url}/socket`);
  await expect(connect(`${url}/socket`)).rejects.toMatchObject({ status: 429 });
  socket.terminate();
  await expect.poll(() => app.sockets.size).toBe(0);
});
