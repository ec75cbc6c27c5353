import { expect, test } from 'vitest';
import { prepareMessage, type MessageData, type WebSocket } from '@turnout/core';
import { createPair, settle, TestServer } from './socket-pair.ts';

test('everything that one turn sends leaves in one write', async () => {
  const { server, serverEnd, client } = createPair();
  await settle();
  const received: string[] = [];
  client.on('message', (data) => received.push(String(data)));
  server.send('now');
  process.nextTick(() => server.send('next tick'));
  void Promise.resolve()
    .then(() => server.send('promise'))
    .then(() => Promise.resolve())
    .then(() => server.send('later promise'));
  server.ping('p');
  await settle();
  expect(serverEnd.writes).toHaveLength(1);
  expect(received.toSorted()).toEqual(['later promise', 'next tick', 'now', 'promise']);
});

test('replies to all messages of one read leave in one write, from listeners and from a loop', async () => {
  for (const style of ['listener', 'loop'] as const) {
    const { server, client, serverEnd } = createPair();
    if (style === 'listener') server.on('message', (data) => server.send(data, { binary: false }));
    else void echoAll(server);
    await settle();
    for (let index = 0; index < 10; index++) client.send(String(index));
    await settle();
    expect(serverEnd.writes, style).toHaveLength(1);
    for (let index = 0; index < 10; index++) expect(await client.receive()).toBe(String(index));
  }
});

async function echoAll(socket: WebSocket): Promise<void> {
  for await (const message of socket) socket.send(message);
}

test('sends large messages of one turn completely, in order', async () => {
  const { server, client } = createPair();
  const texts = ['a', 'b', 'c'].map((letter) => letter.repeat(50_000));
  for (const text of texts) server.send(text);
  for (const text of texts) expect(await client.receive()).toBe(text);
});

test('sends every kind of bytes with its content at the call', async () => {
  const { server, client } = createPair();
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  shared.set(bytes);
  const kinds: MessageData[] = [
    Buffer.from(bytes),
    bytes,
    bytes.buffer,
    new DataView(bytes.buffer),
    new Float64Array(bytes.buffer),
    shared.buffer,
  ];
  for (const kind of kinds) server.send(kind);
  bytes.fill(0);
  for (const _ of kinds) expect(await client.receive()).toEqual(Buffer.of(1, 2, 3, 4, 5, 6, 7, 8));
});

test('throws on anything but text, a number or bytes, and remains usable', async () => {
  const { server, client } = createPair();
  const detached = new Uint8Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const wrong: [unknown, string][] = [
    [true, 'got boolean'],
    [null, 'got null'],
    [undefined, 'got undefined'],
    [new Date(), 'got Date'],
    [Object.create(null), 'got object'],
    [detached, 'detached'],
    [detached.buffer, 'detached'],
  ];
  for (const [value, message] of wrong) {
    expect(() => server.send(value as MessageData), message).toThrow(TypeError);
    expect(() => server.send(value as MessageData)).toThrow(message);
  }
  expect(() => server.send(Buffer.of(0xff), { binary: false })).toThrow('expected UTF-8');
  expect(() => server.ping({} as never)).toThrow('got Object');
  expect(() => server.ping('x'.repeat(126))).toThrow('at most 125 bytes');
  expect(() => server.pong(Buffer.alloc(126))).toThrow(RangeError);
  server.send('fine');
  expect(await client.receive()).toBe('fine');
});

test('calls back when the transport has accepted the message, or with the error that prevented it', async () => {
  const { server, client } = createPair();
  const results: unknown[] = [];
  server.send('a', (error) => results.push(error ?? 'sent'));
  server.send('b', undefined, (error) => results.push(error ?? 'sent'));
  server.ping('', (error) => results.push(error ?? 'sent'));
  server.pong('', false, (error) => results.push(error ?? 'sent'));
  server.pong('', (error) => results.push(error ?? 'sent'));
  server.ping();
  server.pong();
  await settle();
  expect(results).toEqual(Array.from({ length: 5 }, () => 'sent'));
  server.close();
  expect(server.send('late', (error) => results.push(error))).toBe(false);
  expect(server.send('late')).toBe(false);
  expect(server.ping('late', true, (error) => results.push(error))).toBe(false);
  await client.closed;
  await settle();
  expect(results.slice(5).map(String)).toEqual(
    Array.from({ length: 2 }, () => 'SendError: WebSocket is not open: readyState 2 (CLOSING)'),
  );
});

test('calls back with an error on a closed socket', async () => {
  const { server } = createPair();
  server.terminate();
  await server.closed;
  const error = await new Promise((resolve) => server.send('late', resolve));
  expect(String(error)).toBe('SendError: WebSocket is not open: readyState 3 (CLOSED)');
});

test('sends a number as its text', async () => {
  const { server, client } = createPair();
  for (const number of [42, 0, Number.NaN]) server.send(number);
  server.send(prepareMessage(7));
  for (const text of ['42', '0', 'NaN', '7']) expect(await client.receive()).toBe(text);
});

test('ping() and pong() accept every form of arguments that code for ws uses', async () => {
  const { server, client } = createPair();
  const received: string[] = [];
  client
    .on('ping', (data) => received.push(`ping ${String(data)}`))
    .on('pong', (data) => received.push(`pong ${String(data)}`));
  let called = 0;
  const callback = (): void => void called++;
  for (const name of ['ping', 'pong'] as const) {
    server[name](callback);
    server[name](1_700_000_000_000);
    server[name](0, callback);
    server[name](null, callback);
    server[name](undefined, undefined, callback);
    server[name]('text', false, callback);
    // As in code written for ws 2, whose last parameter suppressed errors.
    server[name](Buffer.from('bytes'), false, true as never);
  }
  await settle();
  const data = ['', '1700000000000', '0', '', '', 'text', 'bytes'];
  expect(received).toEqual([...data.map((text) => `ping ${text}`), ...data.map((text) => `pong ${text}`)]);
  expect(called).toBe(10);
});

test('send() accepts null as its options, and ignores a callback that is not a function', async () => {
  const { server, client } = createPair();
  let called = 0;
  server.send('a', null, () => called++);
  server.send('b', {}, true as never);
  server.send('c', 'binary' as never);
  for (const text of ['a', 'b', 'c']) expect(await client.receive()).toBe(text);
  await settle();
  expect([called, server.readyState]).toEqual([1, server.OPEN]);
});

test('calls back with an error if the transport ends before the write', async () => {
  const { server, serverEnd } = createPair();
  const result = new Promise((resolve) => server.send('a', resolve));
  serverEnd.destroy();
  expect(await result).toBeInstanceOf(Error);
});

test('send() returns false above highWaterMark, and drain follows', async () => {
  const { server, serverEnd } = createPair({ highWaterMark: 100 });
  await settle();
  serverEnd.isStalled = true;
  let drains = 0;
  server.on('drain', () => drains++);
  expect(server.send('x'.repeat(90))).toBe(true);
  expect(server.send('x'.repeat(90))).toBe(false);
  await settle();
  expect(server.bufferedAmount).toBeGreaterThan(100);
  expect(drains).toBe(0);
  serverEnd.release();
  await settle();
  expect([drains, server.bufferedAmount]).toEqual([1, 0]);
  expect(server.send('x')).toBe(true);
});

test('a peer that pings but does not read has one Pong waiting, for its latest Ping', async () => {
  const { server, client, serverEnd } = createPair();
  await settle();
  serverEnd.isStalled = true;
  server.send('fills the transport');
  await settle();
  const pongs: string[] = [];
  client.on('pong', (data) => pongs.push(String(data)));
  for (let index = 0; index < 50; index++) {
    client.ping(String(index));
    await settle();
  }
  expect(serverEnd.writes).toHaveLength(1);
  serverEnd.release();
  await settle();
  expect(pongs).toEqual(['49']);
});

test('fragments are one message to the peer', async () => {
  const server = await new TestServer().listen();
  const pair = await server.open();
  pair.client.send('a', { fin: false });
  pair.client.send(Buffer.from('b'), { fin: false });
  pair.client.send('c');
  expect(await pair.server.receive()).toBe('abc');
  await server.stop();
});
