import { once } from 'node:events';
import { connect } from '@turnout/core';
import type { AddressInfo } from 'node:net';
import { WebSocket as UndiciWebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket as WsWebSocket, WebSocketServer } from 'ws';
import { serveApp, type AppServer } from '../ecosystem/app-server.ts';

const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];

let server: AppServer;
let closes: Promise<{ code: number; reason: string; wasClean: boolean }>[];
beforeAll(async () => {
  closes = [];
  server = await serveApp((app) => {
    app.ws('/echo', { protocols: ['b', 'a'] }, async (socket, request) => {
      closes.push(socket.closed);
      if (request.query['close']) return socket.close(Number(request.query['close']), 'as you wish');
      for await (const message of socket) socket.send(message);
    });
  });
});
afterAll(() => server.stop());

describe("undici's WebSocket", () => {
  const open = async (query = '', protocols: string[] = []): Promise<UndiciWebSocket> => {
    const socket = new UndiciWebSocket(`${server.url}/echo${query}`, protocols);
    socket.binaryType = 'arraybuffer';
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', ({ error }) => reject(error as Error));
    });
    return socket;
  };
  const nextMessage = (socket: UndiciWebSocket): Promise<unknown> =>
    new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data), { once: true }));
  const closeOf = (socket: UndiciWebSocket): Promise<unknown[]> =>
    new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason, wasClean }) => resolve([code, reason, wasClean]));
    });

  test('receives echoes of text and bytes of every length form', async () => {
    const socket = await open();
    for (const length of lengths) {
      const text = 'ä'.repeat(length / 2);
      socket.send(text);
      expect(await nextMessage(socket)).toBe(text);
      const bytes = Uint8Array.from({ length }, (_, index) => index);
      socket.send(bytes);
      expect(await nextMessage(socket)).toEqual(bytes.buffer);
    }
    socket.close();
    await closeOf(socket);
  });

  test('agrees on the server’s preferred subprotocol and closes cleanly from either side', async () => {
    const socket = await open('', ['a', 'b']);
    expect(socket.protocol).toBe('b');
    const closed = closeOf(socket);
    socket.close(4123, 'grüße');
    expect(await closed).toEqual([4123, 'grüße', true]);
    expect(await closes.at(-1)).toEqual({ code: 4123, reason: 'grüße', wasClean: true });
    const other = new UndiciWebSocket(`${server.url}/echo?close=3001`);
    expect(await closeOf(other)).toEqual([3001, 'as you wish', true]);
  });
});

describe('the client of ws', () => {
  const open = async (): Promise<WsWebSocket> => {
    const socket = new WsWebSocket(`${server.url}/echo`, ['a']);
    await once(socket, 'open');
    return socket;
  };

  test('receives echoes of text and bytes of every length form, and of fragmented messages', async () => {
    const socket = await open();
    expect(socket.protocol).toBe('a');
    for (const length of lengths) {
      for (const isBinary of [false, true]) {
        const data = Buffer.alloc(length, 'x');
        socket.send(data, { binary: isBinary });
        expect(await once(socket, 'message')).toEqual([data, isBinary]);
      }
    }
    socket.send('in ', { fin: false });
    socket.ping('between');
    socket.send('', { fin: false });
    socket.send('three');
    const [[pong], [message]] = await Promise.all([once(socket, 'pong'), once(socket, 'message')]);
    expect([String(pong), String(message)]).toEqual(['between', 'in three']);
    socket.terminate();
    expect((await closes.at(-1)!).code).toBe(1006);
  });

  test('is closed with 1009 over maxPayload', async () => {
    const socket = await open();
    socket.send(Buffer.alloc(1024 * 1024 + 1));
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, String(reason)]).toEqual([1009, 'Message of 1048577 bytes or more is over maxPayload 1048576']);
  });
});

test('connect() speaks with a server of ws', async () => {
  const other = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'a' });
  other.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.ping('are you there');
  });
  await once(other, 'listening');
  const socket = await connect(`ws://127.0.0.1:${(other.address() as AddressInfo).port}`, { protocols: ['a'] });
  expect(socket.protocol).toBe('a');
  for (const length of lengths) {
    socket.send('x'.repeat(length));
    expect(await socket.receive()).toHaveLength(length);
  }
  socket.close(4001, 'bye');
  expect(await socket.closed).toEqual({ code: 4001, reason: 'bye', wasClean: true });
  await new Promise((resolve) => other.close(resolve));
});
