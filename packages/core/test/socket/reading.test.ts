import { once } from 'node:events';
import { WebSocket } from '@turnout/core';
import { expect, test } from 'vitest';
import { createPair, createPipe, settle } from './socket-pair.ts';

test('keeps unread messages, and delivers them to the first listener in order', async () => {
  const { server, client } = createPair();
  client.send('one');
  client.send(Buffer.from([2]));
  await settle();
  const received: unknown[] = [];
  server.on('message', (data, isBinary) => received.push([data, isBinary]));
  client.send('three');
  await settle();
  expect(received).toEqual([
    [Buffer.from('one'), false],
    [Buffer.from([2]), true],
    [Buffer.from('three'), false],
  ]);
});

test('delivers each message to one reader: listeners of one message each, then receive(), then a loop', async () => {
  const { server, client } = createPair();
  for (const text of ['a', 'b', 'c', 'd', 'e']) client.send(text);
  client.close(1000);
  expect(String((await once(server, 'message'))[0])).toBe('a');
  expect(String((await once(server, 'message'))[0])).toBe('b');
  expect(await server.receive()).toBe('c');
  const rest: unknown[] = [];
  for await (const message of server) rest.push(message);
  expect(rest).toEqual(['d', 'e']);
  const iterator = server[Symbol.asyncIterator]();
  expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
  expect(await server.receive()).toBeNull();
});

test('resolves waiting receive() calls in order, and with null when the connection ends', async () => {
  const { server, client } = createPair();
  const waiting = Promise.all([server.receive(), server.receive(), server.receive()]);
  client.send('x');
  client.send(Buffer.from([1]));
  client.close();
  expect(await waiting).toEqual(['x', Buffer.from([1]), null]);
});

test('rejects receive() while listeners take the messages', async () => {
  const { server } = createPair();
  server.on('message', () => {});
  await expect(server.receive()).rejects.toThrow('Cannot receive: the message listeners');
});

test('holds the transport back at maxUnreadMessages, and continues as messages are taken', async () => {
  const { server, client, serverEnd } = createPair({ maxUnreadMessages: 2 });
  const first = server.receive();
  client.send('first');
  expect(await first).toBe('first');
  for (let index = 0; index < 6; index++) client.send(String(index));
  await settle();
  expect(serverEnd.isPaused()).toBe(true);
  for (let index = 0; index < 6; index++) expect(await server.receive()).toBe(String(index));
  await settle();
  expect(serverEnd.isPaused()).toBe(false);
});

test('holds the transport back at maxUnreadBytes', async () => {
  const { server, client, serverEnd } = createPair({ maxUnreadBytes: 10 });
  client.send('0123456789');
  client.send('next');
  await settle();
  expect(serverEnd.isPaused()).toBe(true);
  expect(await server.receive()).toBe('0123456789');
  expect(await server.receive()).toBe('next');
});

test('emits no event while paused, and all of them in order after resume()', async () => {
  const { server, client } = createPair();
  const received: string[] = [];
  server.on('message', (data) => {
    received.push(String(data));
    if (received.length === 1) server.pause();
  });
  for (const text of ['a', 'b', 'c']) client.send(text);
  await settle();
  expect([server.isPaused, received]).toEqual([true, ['a']]);
  server.resume();
  server.resume();
  await settle();
  expect([server.isPaused, received]).toEqual([false, ['a', 'b', 'c']]);
});

test('stays paused if a listener is added while paused', async () => {
  const { server, client } = createPair();
  client.send('a');
  await settle();
  server.pause();
  const received: string[] = [];
  server.prependListener('message', (data) => received.push(String(data)));
  await settle();
  expect(received).toEqual([]);
  server.resume();
  await settle();
  expect(received).toEqual(['a']);
});

test('a listener that pauses while it receives unread messages gets the rest after resume()', async () => {
  const { server, client } = createPair();
  for (const text of ['a', 'b']) client.send(text);
  await settle();
  const received: string[] = [];
  server.addListener('message', (data) => {
    received.push(String(data));
    server.pause();
  });
  await settle();
  expect(received).toEqual(['a']);
  server.resume();
  await settle();
  expect(received).toEqual(['a', 'b']);
});

test('delivers messages received before close(), and drops later ones', async () => {
  for (const read of ['receive', 'listen'] as const) {
    const { server, client } = createPair();
    client.send('one');
    client.send('two');
    await settle();
    server.close(1000);
    client.send('late');
    const received: unknown[] = [];
    if (read === 'listen') server.on('message', (data) => received.push(String(data)));
    else for await (const message of server) received.push(message);
    expect(await server.closed).toEqual({ code: 1000, reason: '', wasClean: true });
    expect(received).toEqual(['one', 'two']);
  }
});

test("delivers messages after close() if messagesAfterClose is deliver, up to the peer's Close frame", async () => {
  const { server, client } = createPair({ messagesAfterClose: 'deliver' });
  server.close(1000);
  client.send('late');
  const received: unknown[] = [];
  for await (const message of server) received.push(message);
  expect(received).toEqual(['late']);
  expect((await server.closed).wasClean).toBe(true);
});

test('reads the Close frame behind unread messages', async () => {
  const { server, client } = createPair();
  for (let index = 0; index < 500; index++) client.send(`unread ${index}`);
  client.close(1000, 'done');
  expect(await server.closed).toEqual({ code: 1000, reason: 'done', wasClean: true });
  expect(await server.receive()).toBe('unread 0');
});

test('drops unread and later messages on a socket that ignores them, and reads the Close frame', async () => {
  const { server, client } = createPair({ maxUnreadBytes: 100 });
  for (let index = 0; index < 50; index++) client.send('waits');
  await settle();
  server.ignoreMessages();
  const received: unknown[] = [];
  server.on('message', (data) => received.push(data));
  for (let index = 0; index < 50; index++) client.send('comes');
  client.close(1000);
  expect((await server.closed).code).toBe(1000);
  expect([received, await createPair().server.drained()]).toEqual([[], true]);
});

test('still delivers unread messages to a late listener after the peer has closed', async () => {
  const { server, client } = createPair();
  client.send('vote');
  client.close(1000, 'done');
  expect(await server.closed).toEqual({ code: 1000, reason: 'done', wasClean: true });
  const received = once(server, 'message');
  expect(String((await received)[0])).toBe('vote');
});

test('first reads the bytes that followed the handshake', async () => {
  const [end] = createPipe();
  end.push(Buffer.concat([Buffer.from('818100000000', 'hex'), Buffer.from('b')]));
  const head = Buffer.concat([Buffer.from('818100000000', 'hex'), Buffer.from('a')]);
  const socket = new WebSocket(end, { role: 'server', head });
  expect([await socket.receive(), await socket.receive()]).toEqual(['a', 'b']);
  const second = new WebSocket(createPipe()[0], { role: 'server', head: Buffer.alloc(0) });
  expect([second.protocol, second.url, second.extensions]).toEqual(['', '', '']);
});
