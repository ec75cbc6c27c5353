import { WebSocket } from '@turnout/core';
import { expect, test } from 'vitest';
import { createPair, settle } from './socket-pair.ts';

test('addEventListener gives WHATWG events with the socket as their target', async () => {
  const { server, client } = createPair();
  const events: unknown[] = [];
  server.addEventListener('open', ({ type, target }) => events.push([type, target === server]));
  server.addEventListener('message', ({ data }) => events.push(data));
  server.addEventListener('close', ({ code, reason, wasClean }) => events.push([code, reason, wasClean]));
  client.send('text');
  client.send(Buffer.from([1]));
  client.close(1000, 'bye');
  await server.closed;
  expect(events).toEqual([['open', true], 'text', Buffer.from([1]), [1000, 'bye', true]]);
});

test('an error event has the error and its message', async () => {
  const { server, serverEnd } = createPair();
  const events: unknown[] = [];
  server.addEventListener('error', ({ error, message }) => events.push([error.name, message]));
  serverEnd.push(Buffer.from('8300', 'hex'));
  await server.closed;
  expect(events).toEqual([['ProtocolError', 'Reserved opcode 3 (§5.2)']]);
});

test('a listener is added once, an object with handleEvent too, and can be removed', async () => {
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
  server.onopen = () => events.push('open');
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

test('binaryType says what a binary message is given as; text is a Buffer in any case', async () => {
  const { server, client } = createPair();
  const received: unknown[] = [];
  server.on('message', (data) => received.push(data));
  for (const binaryType of ['nodebuffer', 'arraybuffer', 'fragments'] as const) {
    server.binaryType = binaryType;
    client.send(Buffer.from([1, 2]));
    client.send('t');
    await settle();
  }
  const bytes = Buffer.from([1, 2]);
  const text = Buffer.from('t');
  expect(received).toEqual([bytes, text, Uint8Array.from(bytes).buffer, text, [bytes], text]);
});

test('has the ready states of the standard, on the class and on each socket', () => {
  const { server } = createPair();
  for (const socket of [WebSocket, server]) {
    expect([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED]).toEqual([0, 1, 2, 3]);
  }
  server.terminate();
});
