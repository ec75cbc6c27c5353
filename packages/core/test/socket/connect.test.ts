import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect, ConnectError, type ConnectOptions } from '@turnout/core';
import { afterEach, describe, expect, test } from 'vitest';
import { TestServer } from './socket-pair.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(server: TestServer): Promise<TestServer> {
  stops.push(() => server.stop());
  return server.listen();
}

/** A server of raw bytes. */
async function answerWith(answer: (socket: Socket, request: string) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server: Server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.once('data', (request) => answer(socket, request.toString()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function errorOf(url: string, options?: ConnectOptions): Promise<ConnectError> {
  const error: unknown = await connect(url, options).catch((reason: unknown) => reason);
  if (!(error instanceof ConnectError)) throw new Error(`Expected a ConnectError, got ${String(error)}`);
  return error;
}

describe('a request', () => {
  test('carries headers, cookies, subprotocols, the path and the query', async () => {
    const server = await serve(new TestServer({ protocols: ['a'] }));
    const socket = await connect(`http://127.0.0.1:${server.port}/x/y?z=1`, {
      headers: { Authorization: 'Bearer t' },
      cookies: { a: '1', b: '2' },
      protocols: ['b', 'a'],
    });
    expect([socket.protocol, socket.url]).toEqual(['a', `ws://127.0.0.1:${server.port}/x/y?z=1`]);
    expect(server.requests[0]).toMatchObject({
      url: '/x/y?z=1',
      headers: { authorization: 'Bearer t', cookie: 'a=1; b=2', 'sec-websocket-protocol': 'b, a' },
    });
  });

  test('goes over TLS for wss: and https:', async () => {
    const file = (name: string): Buffer => readFileSync(new URL(`tls/${name}.pem`, import.meta.url));
    const certificate = file('certificate');
    const server = await serve(new TestServer({}, createHttpsServer({ key: file('key'), cert: certificate })));
    for (const scheme of ['wss', 'https']) {
      const socket = await connect(`${scheme}://127.0.0.1:${server.port}`, { tls: { ca: certificate } });
      expect(socket.url).toBe(`wss://127.0.0.1:${server.port}/`);
      server.sockets.at(-1)!.send('secret');
      expect(await socket.receive()).toBe('secret');
    }
    const untrusted = await errorOf(`wss://127.0.0.1:${server.port}`);
    expect([untrusted.code, untrusted.status]).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT', undefined]);
  });

  test('uses the default ports', async () => {
    // Usually nothing listens there on loopback; any answer comes from the right port.
    for (const [url, port] of [
      ['ws://[::1]/', 80],
      ['wss://127.0.0.1/', 443],
    ] as const) {
      const error = await errorOf(url, { handshakeTimeout: 5_000 });
      if (error.code === 'ECONNREFUSED') expect(error.message).toContain(`:${port}`);
    }
  });

  test('is rejected for a wrong address or option', async () => {
    await expect(connect('ftp://127.0.0.1/')).rejects.toThrow('expected ws:, wss:, http: or https:, got ftp:');
    await expect(connect('ws://127.0.0.1/#part')).rejects.toThrow('expected no fragment');
    await expect(connect('nothing')).rejects.toThrow(TypeError);
    await expect(connect('ws://127.0.0.1/', { protocols: ['a', 'a'] })).rejects.toThrow(SyntaxError);
    await expect(connect('ws://127.0.0.1/', { headers: { Upgrade: 'h2c' } })).rejects.toThrow(TypeError);
    await expect(connect('ws://127.0.0.1/', { maxPayload: -1 })).rejects.toThrow(RangeError);
  });
});

describe('an answer', () => {
  const refuse = async (listener: RequestListener): Promise<ConnectError> => {
    const server = createHttpServer(listener);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    stops.push(() => new Promise((resolve) => server.close(resolve)));
    return errorOf(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  };

  test('other than 101 is reported with its status, headers and body', async () => {
    const error = await refuse((_request, response) => response.writeHead(401, { 'X-Why': 'because' }).end('sign in'));
    expect(error).toMatchObject({ name: 'ConnectError', code: 'WS_ERR_CONNECT_STATUS', status: 401, body: 'sign in' });
    expect(error.headers).toMatchObject({ 'x-why': 'because' });
  });

  test('with a long body is read up to 64 KiB', async () => {
    const error = await refuse((_request, response) => {
      response.writeHead(500);
      response.write('x'.repeat(60_000));
      setImmediate(() => response.write('y'.repeat(60_000)));
    });
    expect(error.body!.length).toBeLessThanOrEqual(64 * 1024);
    expect(error.body).toMatch(/^x+/);
  });

  test('with an incomplete body is reported with its status', async () => {
    const url = await answerWith((socket) => {
      socket.write('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 100\r\n\r\npart');
      socket.end();
    });
    expect(await errorOf(url)).toMatchObject({ status: 503, body: 'part' });
  });

  test('of 101 for another key is refused', async () => {
    const url = await answerWith((socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n',
      );
    });
    expect(await errorOf(url)).toMatchObject({ code: 'WS_ERR_CONNECT_ACCEPT', status: 101 });
  });

  test('that does not arrive within handshakeTimeout is a timeout', async () => {
    const url = await answerWith(() => {});
    const error = await errorOf(url, { handshakeTimeout: 20 });
    expect([error.code, error.message]).toEqual(['WS_ERR_CONNECT_TIMEOUT', 'No answer within handshakeTimeout 20 ms']);
  });

  test('may take any time if handshakeTimeout is Infinity', async () => {
    const server = await serve(new TestServer());
    const { client } = await server.open({ handshakeTimeout: Infinity });
    expect(client.readyState).toBe(client.OPEN);
  });

  test('that is not HTTP, or is missing, is reported with the code of the network error', async () => {
    expect((await errorOf(await answerWith((socket) => socket.end('SSH-2.0\r\n')))).code).toMatch(/^HPE_/);
    expect((await errorOf(await answerWith((socket) => socket.destroy()))).code).toBe('ECONNRESET');
  });
});
