import { WebSocket } from '@turnout/core';
import { expect, test } from 'vitest';
import { createPair, settle } from './socket-pair.ts';

test('addEventListener gives WHATWG events with the socket as their target', async () => {
  const { server, client } = createPair();
  const events: unknown[] = [];
  server.addEventListener('message', ({ type, target, data }) => events.push([type, target === server, data]));
  client.addEventListener('open', ({ type, target }) => events.push([type, target === client]));
  server.addEventListener('close', ({ code, reason, wasClean }) => events.push([code, reason, wasClean]));
  client.send('text');
  client.send(Buffer.from([1]));
  client.close(1000, 'bye');
  await server.closed;
  expect(events).toEqual([
    ['open', true],
    ['message', true, 'text'],
    ['message', true, Buffer.from([1])],
    [1000, 'bye', true],
  ]);
});

test('an error event has the error and its message', async () => {
  const { server, serverEnd } = createPair();
  const events: unknown[] = [];
  server.addEventListener('error', ({ error, message }) => events.push([error.name, message]));
  serverEnd.push(Buffer.from('8300', 'hex'));
  await server.closed;
  expect(events).toEqual([['ProtocolError', 'Reserved opcode 3 (§5.2)']]);
});

test('a listener, which may be an object with handleEvent, is added once and can be removed', async () => {
  const { server, client } = createPair();
  const received: string[] = [];
  const listener = ({ data }: { data: unknown }): void => void received.push(`function ${String(data)}`);
  const object = { handleEvent: ({ data }: { data: unknown }): void => void received.push(`object ${String(data)}`) };
  server.addEventListener('message', listener);
  server.addEventListener('message', listener);
  server.addEventListener('message', object);
  server.addEventListener('message', () => received.push('once'), { once: true });
  client.send('1');
  await settle();
  server.removeEventListener('message', listener);
  const stranger = (): void => {};
  server.removeEventListener('message', stranger);
  client.send('2');
  await settle();
  server.removeEventListener('message', object);
  client.send('3');
  await settle();
  expect(received).toEqual(['function 1', 'object 1', 'once', 'object 2']);
  expect(await server.receive()).toBe('3');
});

test('onopen, onmessage, onclose and onerror hold one listener each', async () => {
  const { server, client } = createPair();
  const events: string[] = [];
  expect([server.onopen, server.onmessage, server.onclose, server.onerror]).toEqual([null, null, null, null]);
  client.onopen = () => events.push('open');
  server.onmessage = () => events.push('replaced');
  server.onmessage = ({ data }) => events.push(data as string);
  server.onclose = () => events.push('close');
  const onerror = (): void => {};
  server.onerror = onerror;
  expect(server.onerror).toBe(onerror);
  server.onerror = null;
  expect(server.onerror).toBeNull();
  client.send('x');
  client.close();
  await server.closed;
  expect(events).toEqual(['open', 'x', 'close']);
});

test('binaryType sets the form of a binary message; text is always a Buffer', async () => {
  const { server, client } = createPair();
  const received: unknown[] = [];
  server.on('message', (data) => received.push(data));
  for (const binaryType of ['nodebuffer', 'arraybuffer', 'fragments', 'blob'] as const) {
    server.binaryType = binaryType;
    client.send(Buffer.from([1, 2]));
    client.send('t');
    await settle();
  }
  const bytes = Buffer.from([1, 2]);
  const text = Buffer.from('t');
  const blob = received[6] as Blob;
  expect(blob).toBeInstanceOf(Blob);
  expect(Buffer.from(await blob.arrayBuffer())).toEqual(bytes);
  expect(received).toEqual([bytes, text, Uint8Array.from(bytes).buffer, text, [bytes], text, blob, text]);
});

test('has the ready states of the standard, on the class and on each socket', () => {
  const { server } = createPair();
  for (const socket of [WebSocket, server]) {
    expect([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED]).toEqual([0, 1, 2, 3]);
  }
  server.terminate();
});

test('setting an unknown binary type changes nothing', async () => {
  const { server, client } = createPair();
  const received: unknown[] = [];
  server.onmessage = ({ data }) => received.push(data);
  server.binaryType = 'arraybuffer';
  for (const word of ['buffer', '', undefined, null, 1, 'toString']) server.binaryType = word as never;
  expect(server.binaryType).toBe('arraybuffer');
  client.send(Buffer.from([1]));
  await settle();
  expect(received).toEqual([Uint8Array.of(1).buffer]);
});

test('the this of every listener is the socket, and of handleEvent its object', async () => {
  const { server, client } = createPair();
  const owners: unknown[] = [];
  function note(this: unknown): void {
    owners.push(this);
  }
  const object = { handleEvent: note };
  server.onmessage = note;
  server.addEventListener('message', note);
  server.addEventListener('message', note, { once: true });
  server.addEventListener('message', object);
  server.on('message', note);
  server.once('message', note);
  client.send('x');
  await settle();
  expect(owners).toEqual([server, server, object, server, server]);
});

test('handleEvent is looked up at the event, as in the DOM', async () => {
  const { server, client } = createPair();
  const received: string[] = [];
  const object = { handleEvent: (): unknown => received.push('first') };
  server.addEventListener('message', object);
  object.handleEvent = () => received.push('second');
  client.send('x');
  await settle();
  expect(received).toEqual(['second']);
});

test('addEventListener ignores unknown names and invalid listeners', async () => {
  const { server, client } = createPair();
  const names: string[] = ['ping', 'pong', 'drain', 'toString', 'constructor', '__proto__', 'custom'];
  for (const name of names) server.addEventListener(name as 'message', () => expect.unreachable());
  for (const listener of [null, undefined, 'text', 1]) server.addEventListener('message', listener as never);
  for (const listener of [null, undefined, () => {}]) server.removeEventListener('message', listener as never);
  expect(server.eventNames()).toEqual([]);
  client.ping();
  client.send('x');
  expect(await server.receive()).toBe('x');
});

test('addEventListener accepts the options of the DOM, including null and a boolean', async () => {
  const { server, client } = createPair();
  const received: string[] = [];
  server.addEventListener('message', () => received.push('null'), null);
  server.addEventListener('message', () => received.push('capture'), true);
  server.addEventListener('message', () => received.push('not once'), { once: false });
  client.send('1');
  client.send('2');
  await settle();
  expect(received).toEqual(['null', 'capture', 'not once', 'null', 'capture', 'not once']);
});

test('a listener that was removed in any way can be added again', async () => {
  const { server, client } = createPair();
  const received: string[] = [];
  const listener = ({ data }: { data: unknown }): void => void received.push(String(data));
  const removals: (() => unknown)[] = [
    () => server.removeAllListeners(),
    () => server.removeAllListeners('message'),
    () => server.removeEventListener('message', listener),
  ];
  for (const remove of removals) {
    server.addEventListener('message', listener);
    remove();
    server.addEventListener('message', listener, { once: true });
    client.send('x');
    await settle();
  }
  expect(received).toEqual(['x', 'x', 'x']);
  server.onmessage = listener;
  server.removeAllListeners();
  expect(server.onmessage).toBeNull();
});

test('setting a property to anything but a function removes its listener', () => {
  const { server } = createPair();
  for (const value of [undefined, null, {}, 'text', 0]) {
    server.onmessage = () => {};
    server.onmessage = value as never;
    expect([server.onmessage, server.listenerCount('message')]).toEqual([null, 0]);
  }
});

test('one function may be an added listener, a property and a listener of the emitter at the same time', async () => {
  const { server, client } = createPair();
  let calls = 0;
  const listener = (): void => void calls++;
  server.onmessage = listener;
  server.addEventListener('message', listener);
  server.on('message', listener);
  client.send('x');
  await settle();
  server.removeEventListener('message', listener);
  client.send('y');
  await settle();
  expect([calls, server.onmessage]).toEqual([5, listener]);
});

test("a server's socket is open from the start and emits no open", async () => {
  const { server, client } = createPair();
  const events: string[] = [];
  server.on('open', () => events.push('server'));
  client.on('open', () => events.push('client'));
  expect(server.readyState).toBe(server.OPEN);
  await settle();
  expect(events).toEqual(['client']);
});
