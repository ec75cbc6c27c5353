// An app with sessions in Redis, in a separate process: `node session-server.ts REDIS_PORT`.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { attach, turnout } from '@turnout/express';
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

declare module 'express-session' {
  interface SessionData {
    name: string;
  }
}

const client = createClient({ url: `redis://127.0.0.1:${process.argv[2]}` });
await client.connect();
const app = turnout(express());
const store = new RedisStore({ client });
app.use(session({ secret: 'secret', resave: false, saveUninitialized: false, store, cookie: { maxAge: 60_000 } }));
app.get('/login', (request, response) => {
  request.session.name = 'ann';
  response.json({});
});
app.get('/logout', (request, response) => {
  request.session.destroy(() => response.json({}));
});
app.ws('/me', (socket, request) => {
  socket.on('message', (data) => socket.send(`${request.session.name} said ${data.toString()}`));
});
/** Upgrades whose session was found, and which wait for `/release`. */
const held: (() => void)[] = [];
app.ws(
  '/held',
  (request, response, next) => {
    if (request.session.name) held.push(next);
    else response.sendStatus(401);
  },
  (socket) => socket.send('open'),
);
app.get('/held-count', (_request, response) => void response.json(held.length));
app.get('/release', (_request, response) => {
  for (const next of held.splice(0)) next();
  response.json({});
});
const server = createServer(app);
attach(server, app);
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
