import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from '@turnout/core';
import { turnout } from '@turnout/express';
import express from 'express';
import session from 'express-session';
import { expect, test } from 'vitest';

test('a session that expires closes its sockets with 3000', async () => {
  const app = turnout(express());
  app.use(session({ secret: 'test', resave: false, saveUninitialized: true, cookie: { maxAge: 100 } }));
  app.ws('/', (socket) => {
    socket.send('open');
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = await connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(await socket.receive()).toBe('open');
  expect(await socket.closed).toEqual({ code: 3000, reason: 'Session ended', wasClean: true });
  server.close();
});
