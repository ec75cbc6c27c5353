import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  connect,
  prepareMessage,
  type AcceptOptions,
  type ConnectOptions,
  type PerMessageDeflateOptions,
  type WebSocket,
} from '@turnout/core';
import { acceptKey } from '../../src/handshake/accept-key.ts';
import { settle, TestServer } from './socket-pair.ts';

let server: TestServer | undefined;
afterEach(() => server?.stop());

async function open(
  options: AcceptOptions,
  clientOptions: ConnectOptions,
): Promise<{ server: WebSocket; client: WebSocket; offer: string | undefined }> {
  server = await new TestServer(options).listen();
  const pair = await server.open(clientOptions);
  return { ...pair, offer: server.requests[0]!.headers['sec-websocket-extensions'] };
}

const story = Array.from({ length: 5_000 }, (_, line) => `Line ${line} of a story.`).join('\n');

test.each<[string, PerMessageDeflateOptions | true, PerMessageDeflateOptions | true, string]>([
  ['the defaults', true, true, 'permessage-deflate; client_max_window_bits=12'],
  [
    'explicitly dropped and small windows',
    { clientNoContextTakeover: true, clientMaxWindowBits: 9, threshold: 0 },
    {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 11,
      threshold: 0,
    },
    'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9',
  ],
  [
    'kept contexts',
    { serverNoContextTakeover: false, clientNoContextTakeover: false, serverMaxWindowBits: 15, threshold: 0 },
    {
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
      threshold: 0,
    },
    'permessage-deflate; client_max_window_bits=12',
  ],
])(
  'with %s, both ends agree, and messages of all lengths arrive in order both ways',
  async (_name, ours, theirs, agreed) => {
    const { server: socket, client } = await open({ perMessageDeflate: ours }, { perMessageDeflate: theirs });
    expect([socket.extensions, client.extensions]).toEqual([agreed, agreed]);
    const messages = ['', 'short', story, 'x'.repeat(2_000), story.slice(0, 9_000), 'end'];
    const called: number[] = [];
    for (const [from, to] of [
      [socket, client],
      [client, socket],
    ] as const) {
      messages.forEach((message, index) => from.send(message, () => called.push(index)));
      for (const message of messages) expect((await to.receive()) === message).toBe(true);
      from.send(Buffer.from(story), { compress: false });
      expect(String(await to.receive()) === story).toBe(true);
      expect(from.bufferedAmount).toBe(0);
    }
    expect(called).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
    for (const message of [story, 'last']) socket.send(message);
    socket.close(1000);
    expect(await client.receive()).toBe(story);
    expect(await client.receive()).toBe('last');
    expect(await client.closed).toMatchObject({ code: 1000, wasClean: true });
  },
);

test('neither end compresses unless the other has agreed', async () => {
  const offered = await open({}, { perMessageDeflate: true });
  expect([offered.server.extensions, offered.client.extensions]).toEqual(['', '']);
  expect(offered.offer).toContain('permessage-deflate; ');
  await server!.stop();
  const wished = await open({ perMessageDeflate: true }, {});
  expect([wished.server.extensions, wished.client.extensions, wished.offer]).toEqual(['', '', undefined]);
  wished.server.send(story);
  expect(await wished.client.receive()).toBe(story);
});

const urlOf = (http: Server): string => `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`;

/** A server that answers each handshake with these extensions, and then sends the bytes of a frame, `message`. */
async function answering(extensions: string, message = ''): Promise<TestServer> {
  server = await new TestServer().listen();
  server.http.removeAllListeners('upgrade');
  server.http.on('upgrade', (request, duplex) => {
    const accept = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
    const key = acceptKey(String(request.headers['sec-websocket-key']));
    duplex.write(`${accept}Sec-WebSocket-Accept: ${key}\r\nSec-WebSocket-Extensions: ${extensions}\r\n\r\n`);
    duplex.end(Buffer.from(message, 'hex'));
  });
  return server;
}

test.each([
  ['permessage-deflate; server_max_window_bits=16', 'server_max_window_bits has the value "16"'],
  ['permessage-deflate; client_max_window_bits', 'client_max_window_bits has no value'],
  ['permessage-deflate; other', '"other" is not a parameter of permessage-deflate'],
  ['permessage-deflate, permessage-deflate', 'it has more than one extension'],
  ['other', '"other" was not offered'],
  ['a b', 'it is malformed (RFC 6455 §9.1)'],
])('a client refuses a server that answers %j to its offer, and says why', async (answer, why) => {
  const { http } = await answering(answer);
  await expect(connect(urlOf(http), { perMessageDeflate: true })).rejects.toMatchObject({
    code: 'WS_ERR_CONNECT_EXTENSIONS',
    message: `Sec-WebSocket-Extensions of the answer is refused: ${why}`,
  });
});

test.each([
  'permessage-deflate',
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover',
  'permessage-deflate; server_max_window_bits=15; client_max_window_bits=8',
  'permessage-deflate;, ,',
])('a client accepts the answer %j to its offer, and reads compressed messages', async (answer) => {
  // Both "Hello" of RFC 7692 §7.2.3.2: the second refers to the first if the server keeps its window.
  const keeps = !answer.includes('server_no');
  const { http } = await answering(answer, `c107f248cdc9c90700${keeps ? 'c105f200110000' : 'c107f248cdc9c90700'}`);
  const client = await connect(urlOf(http), { perMessageDeflate: true });
  expect([await client.receive(), await client.receive()]).toEqual(['Hello', 'Hello']);
});

test('a client does not compress if the list of extensions in the answer is empty', async () => {
  const { http } = await answering('', '810548656c6c6f');
  const client = await connect(urlOf(http), { perMessageDeflate: true });
  expect([client.extensions, await client.receive()]).toEqual(['', 'Hello']);
});

test('a server compresses each message independently without declaring it, and reads a client that keeps its window', async () => {
  const { server: socket, client } = await open(
    { perMessageDeflate: { threshold: 0 } },
    { perMessageDeflate: { clientNoContextTakeover: false, threshold: 0 } },
  );
  expect(client.extensions).toBe('permessage-deflate; client_max_window_bits=12');
  const [shared, other] = [prepareMessage(story.slice(0, 3_000)), prepareMessage('x'.repeat(10_000))];
  for (let times = 0; times < 3; times++) {
    socket.send(shared);
    socket.send(other);
    client.send(story.slice(0, 3_000));
    client.send(story);
    expect(await client.receive()).toBe(story.slice(0, 3_000));
    expect(await client.receive()).toBe('x'.repeat(10_000));
    expect(await socket.receive()).toBe(story.slice(0, 3_000));
    expect(await socket.receive()).toBe(story);
  }
});

test('a prepared message reaches clients with and without compression, in order', async () => {
  server = await new TestServer({ perMessageDeflate: true }).listen();
  const plain = await server.open();
  const deflating = await server.open({ perMessageDeflate: true });
  const news = prepareMessage(story);
  const bytes = prepareMessage(Buffer.from('bytes'));
  const called: string[] = [];
  for (const { server: socket } of [plain, deflating]) {
    socket.send('before');
    socket.send(news, () => called.push(socket.extensions === '' ? 'plain' : 'deflated'));
    socket.send(bytes, undefined);
    socket.send(prepareMessage('as bytes', { binary: true, compress: false }));
  }
  for (const { client } of [plain, deflating]) {
    expect(await client.receive()).toBe('before');
    expect((await client.receive()) === story).toBe(true);
    expect(await client.receive()).toEqual(Buffer.from('bytes'));
    expect(await client.receive()).toEqual(Buffer.from('as bytes'));
  }
  expect(called).toEqual(['plain', 'deflated']);
  expect(() => prepareMessage(null as never)).toThrow(TypeError);
});

test('a callback is not called until its message is written, which waits for one that is being deflated', async () => {
  const { server: socket, client } = await open({ perMessageDeflate: true }, { perMessageDeflate: true });
  const called: string[] = [];
  socket.send('first', () => called.push('first'));
  socket.send(story, () => called.push('story'));
  socket.send('behind', () => called.push('behind'));
  expect(await client.receive()).toBe('first');
  await settle();
  expect(await client.receive()).toBe(story);
  expect(await client.receive()).toBe('behind');
  await settle();
  expect(called).toEqual(['first', 'story', 'behind']);
});

test('an invalid option throws before anything is written', async () => {
  server = await new TestServer().listen();
  await expect(server.open({ perMessageDeflate: { threshold: -1 } })).rejects.toThrow('perMessageDeflate.threshold');
});
