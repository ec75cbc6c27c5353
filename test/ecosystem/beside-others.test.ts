import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from '@turnout/core';
import { attach, turnout } from '@turnout/express';
import express, { type Express } from 'express';
import { Server as SocketIoServer } from 'socket.io';
import { io } from 'socket.io-client';
import { createServer as createVite } from 'vite';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An app with an echo, and its server, which other libraries can share. */
function createApp(): { app: Express; server: Server } {
  const app = turnout(express());
  const server = createServer(app);
  attach(server, app);
  app.ws('/echo', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  onTestFinished(() => app.close({ timeout: 0 }));
  return { app, server };
}

async function expectEcho(host: string): Promise<void> {
  const socket = await connect(`ws://${host}/echo`);
  // Longer than Socket.IO tolerates an upgrade that is not its own.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  socket.send('still here');
  expect(await socket.receive()).toBe('still here');
  socket.terminate();
}

test('Socket.IO and Turnout work on the same server', async () => {
  const { server } = createApp();
  const sockets = new SocketIoServer(server);
  sockets.on('connection', (socket) => {
    socket.on('question', (answer: (text: string) => void) => answer('yes'));
  });
  const host = await listening(server);
  const client = io(`http://${host}`, { transports: ['websocket'] });
  onTestFinished(async () => {
    client.close();
    await sockets.close();
  });
  expect(await client.timeout(5_000).emitWithAck('question')).toBe('yes');
  await expectEcho(host);
  expect(await client.timeout(5_000).emitWithAck('question')).toBe('yes');
});

test("Vite's hot reload and Turnout work on the same server", async () => {
  const { app, server } = createApp();
  const vite = await createVite({
    configFile: false,
    appType: 'custom',
    logLevel: 'silent',
    server: { middlewareMode: true, hmr: { server }, watch: null },
  });
  onTestFinished(() => vite.close());
  app.use(vite.middlewares);
  const host = await listening(server);
  const { webSocketToken } = vite.config;
  const reload = await connect(`ws://${host}/?token=${webSocketToken}`, { protocols: ['vite-hmr'] });
  expect(JSON.parse(String(await reload.receive()))).toEqual({ type: 'connected' });
  await expectEcho(host);
  vite.hot.send({ type: 'full-reload' });
  expect(JSON.parse(String(await reload.receive()))).toEqual({ type: 'full-reload' });
  reload.terminate();
});

test('a server of ws with asynchronous authorization keeps its upgrades, and unclaimed upgrades are answered', async () => {
  const app = turnout(express(), { handshakeTimeout: 200 });
  const server = createServer(app);
  attach(server, app);
  app.ws('/echo', () => {});
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, duplex, head) => {
    duplex.on('error', () => {});
    if (request.url !== '/theirs') return;
    setTimeout(() => {
      sockets.handleUpgrade(request, duplex, head, (socket) => {
        socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
    }, 20);
  });
  const host = await listening(server);
  const socket = await connect(`ws://${host}/theirs`);
  await expect(connect(`ws://${host}/nobody`)).rejects.toMatchObject({ status: 404 });
  socket.send('still here');
  expect(await socket.receive()).toBe('still here');
  socket.terminate();
});
