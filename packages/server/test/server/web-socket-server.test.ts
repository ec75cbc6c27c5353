import { connect, type WebSocket } from '@turnout/core';
import { expect, test } from 'vitest';
import { createWebSocketServer } from '../../src/index.ts';
import { serveRouter } from '@turnout/test-kit/serve-router';

test('connection is emitted for each accepted socket, with its request, to every kind of listener', async () => {
  const server = createWebSocketServer();
  const calls: unknown[] = [];
  server.on('connection', function listen(this: unknown, socket, { url }) {
    calls.push(this === server, url);
    socket.send('welcome');
  });
  server.once('connection', () => calls.push('once'));
  const { url } = await serveRouter((app) => {
    app.ws('/a', server.handler);
    app.ws('/b', server.handler);
  });
  for (const path of ['/a', '/b?query']) {
    const socket = await connect(url + path);
    expect(await socket.receive()).toBe('welcome');
    socket.terminate();
  }
  expect(calls).toEqual([true, '/a', 'once', true, '/b?query']);
});

test('clients are the open sockets, from before connection is emitted until close is', async () => {
  const server = createWebSocketServer();
  const sizes: number[] = [];
  server.on('connection', (socket) => {
    sizes.push(server.clients.size);
    socket.on('close', () => sizes.push(server.clients.size));
  });
  const { url } = await serveRouter((app) => void app.ws('/', server.handler));
  const sockets = [await connect(url), await connect(url)];
  for (const client of server.clients) client.send('to all');
  for (const socket of sockets) expect(await socket.receive()).toBe('to all');
  for (const socket of sockets) {
    socket.close();
    await socket.closed;
  }
  await expect.poll(() => server.clients.size).toBe(0);
  expect(sizes).toEqual([1, 2, 1, 0]);
});

test('the first subprotocol offered is chosen, as in ws, or the choice of handleProtocols', async () => {
  const server = createWebSocketServer();
  const { url } = await serveRouter((app) => void app.ws('/', { protocols: server.protocols }, server.handler));
  const protocolOf = async (protocols: string[]): Promise<string> => {
    const socket = await connect(url, { protocols });
    socket.terminate();
    return socket.protocol;
  };
  expect([await protocolOf(['b', 'a']), await protocolOf([])]).toEqual(['b', '']);
  const asked: unknown[] = [];
  // Set later, as graphql-ws does.
  server.options.handleProtocols = (offered, request) => {
    asked.push([...offered], request.url);
    return offered.has('a') && 'a';
  };
  expect([await protocolOf(['b', 'a']), await protocolOf(['b']), await protocolOf([])]).toEqual(['a', '', '']);
  expect(asked).toEqual([['b', 'a'], '/', ['b'], '/']);
  server.options.handleProtocols = () => undefined;
  expect(await protocolOf(['b'])).toBe('');
});

test('an error of a listener of connection closes its socket with 1011 and is reported', async () => {
  for (const fail of [
    (): never => {
      throw new Error('Broken');
    },
    () => Promise.reject(new Error('Broken')) as never,
  ]) {
    const server = createWebSocketServer().on('connection', fail);
    const { url, errors } = await serveRouter((app) => void app.ws('/', server.handler));
    expect((await (await connect(url)).closed).code).toBe(1011);
    expect(errors).toMatchObject([{ message: 'Broken' }]);
  }
});

test('close() accepts no more sockets, leaves the open ones, and calls back when the last has closed', async () => {
  const server = createWebSocketServer();
  const { url } = await serveRouter((app) => void app.ws('/', server.handler));
  const socket = await connect(url);
  await expect.poll(() => server.clients.size).toBe(1);
  const called: unknown[] = [];
  server.on('close', () => called.push('event'));
  server.close(() => called.push('first'));
  server.close((error) => called.push(error ?? 'second'));
  server.close();
  expect((await (await connect(url)).closed).code).toBe(1001);
  expect([called, socket.readyState]).toEqual([[], socket.OPEN]);
  socket.close();
  await expect.poll(() => called.length).toBe(3);
  expect(called).toEqual(['event', 'first', 'second']);
  server.close((error) => called.push(String(error)));
  server.close();
  await expect.poll(() => called.length).toBe(4);
  expect(called.at(-1)).toBe('Error: The server is not running');
});

test('close() of a server without sockets calls back at once', async () => {
  const server = createWebSocketServer();
  await new Promise((resolve) => server.close(resolve as () => void));
});

test('libraries may emit connection by themselves', () => {
  const server = createWebSocketServer();
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const socket = {} as WebSocket;
  server.emit('connection', socket, {} as never);
  expect(sockets).toEqual([socket]);
});
