import { connect as connectTcp } from 'node:net';
import { once } from 'node:events';
import { WebSocket } from '@turnout/core';
import { expect, test } from 'vitest';
import { createPair, createPipe, settle, TestServer } from './socket-pair.ts';

test('the closing handshake is clean from either side, with the code and reason of the side that began it', async () => {
  for (const side of ['server', 'client'] as const) {
    const { server, client } = createPair();
    const events: unknown[] = [];
    for (const socket of [server, client]) {
      socket.on('close', (code, reason) => events.push([code, String(reason), socket.wasClean, socket.readyState]));
    }
    const begins = side === 'server' ? server : client;
    expect([begins.readyState, begins.wasClean]).toEqual([WebSocket.OPEN, false]);
    begins.close(4000, 'grüße');
    begins.close(4001, 'too late');
    expect(begins.readyState).toBe(WebSocket.CLOSING);
    const expected = { code: 4000, reason: 'grüße', wasClean: true };
    expect(await Promise.all([server.closed, client.closed])).toEqual([expected, expected]);
    expect(events).toEqual([
      [4000, 'grüße', true, WebSocket.CLOSED],
      [4000, 'grüße', true, WebSocket.CLOSED],
    ]);
    expect(await server.closed).toEqual(expected);
    server.close();
    server.terminate();
    server.pause();
    expect(server.isPaused).toBe(false);
  }
});

test('two sides that close at the same time close cleanly, once', async () => {
  const { server, client } = createPair();
  server.close(4001);
  client.close(4002);
  expect((await server.closed).code).toBe(4002);
  expect((await client.closed).code).toBe(4001);
});

test('an invalid code or reason throws, and the socket stays open', () => {
  const { server } = createPair();
  expect(() => server.close(1005)).toThrow(RangeError);
  expect(() => server.close(1000, 'x'.repeat(124))).toThrow(RangeError);
  expect(() => server.close(undefined, 'reason')).toThrow(TypeError);
  expect(server.readyState).toBe(server.OPEN);
});

test('a peer that does not answer the Close frame is disconnected after closeTimeout', async () => {
  const [end] = createPipe();
  const socket = new WebSocket(end, { role: 'server', limits: { closeTimeout: 20 } });
  socket.close(1000);
  expect(await socket.closed).toEqual({ code: 1006, reason: '', wasClean: false });
  expect(end.destroyed).toBe(true);
});

test('an infinite closeTimeout waits for the peer', async () => {
  const [end, other] = createPipe();
  const socket = new WebSocket(end, { role: 'server', limits: { closeTimeout: Infinity } });
  socket.close(1000);
  await settle();
  expect(socket.readyState).toBe(socket.CLOSING);
  other.destroy();
  other.other.push(null);
  expect((await socket.closed).code).toBe(1006);
});

test('terminate(), and a transport that ends or fails, cause 1006', async () => {
  for (const breakOff of [
    ({ server }: ReturnType<typeof createPair>) => server.terminate(),
    ({ serverEnd }: ReturnType<typeof createPair>) => serverEnd.push(null),
    ({ serverEnd }: ReturnType<typeof createPair>) => serverEnd.destroy(new Error('reset')),
  ]) {
    const pair = createPair();
    await settle();
    breakOff(pair);
    expect(await pair.server.closed).toEqual({ code: 1006, reason: '', wasClean: false });
    pair.server.close(1000);
  }
});

test('messages before the end of the transport are still read, including unread ones', async () => {
  const { server, client, clientEnd } = createPair({ maxUnreadMessages: 1 });
  for (const text of ['a', 'b', 'c']) client.send(text);
  await settle();
  clientEnd.end();
  await settle();
  expect(await server.receive()).toBe('a');
  expect(await server.receive()).toBe('b');
  expect(await server.receive()).toBe('c');
  expect(await server.receive()).toBeNull();
  expect((await server.closed).code).toBe(1006);
});

test('a fault of the peer emits an error event, then a close event; without a listener nothing is thrown', async () => {
  for (const isListened of [true, false]) {
    const { server, serverEnd } = createPair();
    const errors: unknown[] = [];
    if (isListened) server.on('error', (error) => errors.push(error));
    serverEnd.push(Buffer.from('8100', 'hex'));
    const { code, reason, wasClean } = await server.closed;
    expect([code, reason, wasClean]).toEqual([1002, 'A client must mask (§5.1)', false]);
    expect(errors).toMatchObject(isListened ? [{ code: 'WS_ERR_EXPECTED_MASK' }] : []);
  }
});

test('a server closes TCP after a clean close, and a client waits for that', async () => {
  const server = await new TestServer().listen();
  const tcp = connectTcp(server.port, '127.0.0.1');
  tcp.write(
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  const chunks: Buffer[] = [];
  tcp.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(tcp, 'data');
  tcp.write(Buffer.from('888000000000', 'hex'));
  await once(tcp, 'end');
  expect(Buffer.concat(chunks).subarray(-2).toString('hex')).toBe('8800');
  expect((await server.sockets[0]!.closed).code).toBe(1005);

  const { client } = await server.open();
  client.close();
  expect((await client.closed).wasClean).toBe(true);
  await server.stop();
});

test('bytes that arrive after a close with unread messages are read to their end', async () => {
  const { server, client } = createPair({ maxUnreadMessages: 1, closeTimeout: Infinity });
  client.send('unread');
  client.close(1000);
  await settle();
  expect(await server.receive()).toBe('unread');
  expect((await server.closed).code).toBe(1000);
});
