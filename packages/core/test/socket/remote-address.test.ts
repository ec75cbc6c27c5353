import { PassThrough } from 'node:stream';
import { WebSocket } from '@turnout/core';
import { expect, onTestFinished, test } from 'vitest';
import { createPair, TestServer } from './socket-pair.ts';

test("a socket has the peer's address, and the stream under it", async () => {
  const server = await new TestServer().listen();
  onTestFinished(() => server.stop());
  const { server: socket, client } = await server.open();
  expect([socket.remoteAddress, client.remoteAddress]).toEqual(['127.0.0.1', '127.0.0.1']);
  expect(socket._socket).toBe(server.requests[0]!.socket);
});

test('a stream without addresses has no remote address', () => {
  expect(createPair().server.remoteAddress).toBeUndefined();
});

test('over HTTP/2 the address is that of the session, until that is destroyed', () => {
  const session = { destroyed: false, socket: { remoteAddress: '192.0.2.1' } };
  const stream = Object.assign(new PassThrough(), { session });
  const socket = new WebSocket(stream, { role: 'server' });
  expect(socket.remoteAddress).toBe('192.0.2.1');
  session.destroyed = true;
  expect(socket.remoteAddress).toBeUndefined();
});
