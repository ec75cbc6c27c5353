import { startExample, type RunningExample } from '@turnout/example-host/testing';
import { connect } from '@turnout/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEchoApp } from '../src/echo-app.ts';

let running: RunningExample;
let url: string;
beforeAll(async () => {
  running = await startExample(createEchoApp);
  url = running.url;
});
afterAll(() => running.stop());

test('/echo returns the same message with the same type', async () => {
  const socket = await connect(`${url}/echo`);
  for (const message of ['', 'grüße 👋', 'x'.repeat(70_000)]) {
    socket.send(message);
    expect(await socket.receive()).toBe(message);
  }
  socket.send(Buffer.from([0, 255]));
  expect(await socket.receive()).toEqual(Buffer.from([0, 255]));
  socket.close();
});

test('/upper returns text in upper case, and bytes unchanged', async () => {
  const socket = await connect(`${url}/upper`);
  socket.send('straße');
  expect(await socket.receive()).toBe('STRASSE');
  socket.send(Buffer.from('abc'));
  expect(await socket.receive()).toEqual(Buffer.from('abc'));
  socket.close();
});

test('/reply answers each message with a prefix, and a fragmented message once', async () => {
  const socket = await connect(`${url}/reply`);
  socket.send('one, ', { fin: false });
  socket.send('two, ', { fin: false });
  socket.send('three');
  expect(await socket.receive()).toBe('Server received: one, two, three');
  socket.close();
});

test('serves several clients at once', async () => {
  const sockets = await Promise.all(Array.from({ length: 5 }, () => connect(`${url}/echo`)));
  sockets.forEach((socket, index) => socket.send(String(index)));
  expect(await Promise.all(sockets.map((socket) => socket.receive()))).toEqual(['0', '1', '2', '3', '4']);
  for (const socket of sockets) socket.close();
});
