import { createWebSocketServer } from '@turnout/express';
import jayson from 'jayson';
import { Client as RpcClient, Server as RpcServer } from 'rpc-websockets';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '@turnout/core';
import { serveApp } from './app-server.ts';

test('jayson answers calls, and errors, over a route', async () => {
  const connections = createWebSocketServer();
  const rpc = new jayson.Server({
    add: ([a, b]: [number, number], done: (error: unknown, sum?: number) => void) => done(null, a + b),
  });
  rpc.websocket({ wss: connections as never });
  const server = await serveApp((app) => void app.ws('/rpc', connections.handler));
  onTestFinished(() => server.stop());
  const socket = await connect(`${server.url}/rpc`);
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'add', params: [20, 22] }));
  expect(JSON.parse(String(await socket.receive()))).toEqual({ jsonrpc: '2.0', id: 1, result: 42 });
  socket.send('not JSON');
  expect(JSON.parse(String(await socket.receive()))).toMatchObject({ error: { code: -32_700 } });
  socket.terminate();
});

test('rpc-websockets, which creates its own server, receives the sockets through its connection event', async () => {
  const rpc = new RpcServer({ noServer: true } as never);
  rpc.register('sum', ((terms: number[]) => terms[0]! + terms[1]!) as never);
  rpc.event('news');
  const server = await serveApp((app) => {
    app.ws('/', (socket, request) => void rpc.wss.emit('connection', socket, request));
  });
  const client = new RpcClient(server.url, { reconnect: false });
  onTestFinished(async () => {
    client.close();
    await server.stop();
  });
  await new Promise<void>((resolve) => client.on('open', resolve));
  expect(await client.call('sum', [20, 22])).toBe(42);
  await client.subscribe('news');
  const told = new Promise((resolve) => client.on('news', resolve));
  rpc.emit('news', 'something');
  expect(await told).toBe('something');
});
