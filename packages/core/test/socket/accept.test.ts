import { createServer } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { once } from 'node:events';
import { connect } from '@turnout/core';
import { afterEach, expect, test } from 'vitest';
import { TestServer } from './socket-pair.ts';

let server: TestServer;
afterEach(() => server.stop());

async function exchange(head: string): Promise<{ tcp: Socket; answer: string }> {
  const tcp = connectTcp(server.port, '127.0.0.1');
  tcp.write(head);
  const chunks: Buffer[] = [];
  tcp.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(tcp, 'data');
  return { tcp, answer: Buffer.concat(chunks).toString('latin1') };
}

const sample =
  'GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';

test("answers the RFC's sample as the RFC does", async () => {
  server = await new TestServer({ headers: [['X-Served-By', 'café']] }).listen();
  const { tcp, answer } = await exchange(`${sample}\r\n`);
  expect(answer).toBe(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Served-By: café\r\n\r\n',
  );
  tcp.destroy();
});

test("gives each socket the application's user and data", async () => {
  server = await new TestServer({ user: 'ada', data: { room: 'a' } }).listen();
  const { server: socket, client } = await server.open();
  expect([socket.user, socket.data]).toEqual(['ada', { room: 'a' }]);
  socket.data = { room: 'b' };
  expect(socket.data).toEqual({ room: 'b' });
  expect([client.user, client.data]).toEqual([undefined, {}]);
});

test('gives each socket its own data if the application sets none', async () => {
  server = await new TestServer().listen();
  const [first, second] = [await server.open(), await server.open()];
  first.server.data.room = 'a';
  expect([first.server.data, second.server.data]).toEqual([{ room: 'a' }, {}]);
});

test('chooses a subprotocol from a list or with a function', async () => {
  server = await new TestServer({ protocols: ['b', 'a'] }).listen();
  const { server: socket, client } = await server.open({ protocols: ['a', 'b'] });
  expect([socket.protocol, client.protocol]).toEqual(['b', 'b']);
  expect((await server.open({ protocols: 'c' })).client.protocol).toBe('');
});

test('refuses with the status, a body that says why, and the end of the connection', async () => {
  server = await new TestServer().listen();
  const { tcp, answer } = await exchange(sample.replace('Version: 13', 'Version: 8') + '\r\nGET / HTTP/1.1\r\n\r\n');
  const [head, body] = answer.split('\r\n\r\n');
  expect(head!.split('\r\n')[0]).toBe('HTTP/1.1 426 Upgrade Required');
  expect(head).toContain('Connection: close');
  expect(head).toContain('Sec-WebSocket-Version: 13');
  expect(body).toMatch(/13/);
  tcp.end();
  await once(tcp, 'close');
});

test('disconnects a refused client that does not end the connection', async () => {
  server = await new TestServer({}, createServer()).listen();
  const tcp = connectTcp({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  tcp.on('error', () => {});
  tcp.write(`${sample.replace('GET', 'PUT')}\r\n`);
  tcp.resume();
  await once(tcp, 'end');
  // Our side stays open: the server ends it.
  const timer = setInterval(() => tcp.write('more'), 50);
  await new Promise((resolve) => tcp.once('close', resolve));
  clearInterval(timer);
});

test('a refused client may break the connection', async () => {
  server = await new TestServer().listen();
  const tcp = connectTcp(server.port, '127.0.0.1');
  tcp.write(`${sample.replace('GET', 'PUT')}\r\n`);
  await once(tcp, 'data');
  tcp.resetAndDestroy();
  const client = await connect(`ws://127.0.0.1:${server.port}/`);
  expect(client.readyState).toBe(client.OPEN);
});
