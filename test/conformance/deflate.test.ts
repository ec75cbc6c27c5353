// RFC 7692 with another implementation as the peer: each possible agreement, with messages of many lengths.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accept, connect, type PerMessageDeflateOptions } from '@turnout/core';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket as OtherSocket, WebSocketServer, type RawData } from 'ws';
import { Random } from '@turnout/test-kit/random';

/** The preferences of both ends, as options that we share with ws. */
interface DeflateRow {
  /** The section of RFC 7692. */
  readonly section: string;
  readonly rule: string;
  readonly options: PerMessageDeflateOptions;
}

const rows: readonly DeflateRow[] = [
  { section: '§7.1.1', rule: 'neither end keeps its window', options: {} },
  {
    section: '§7.1.1.1',
    rule: 'the server keeps its window, the client does not',
    options: { serverNoContextTakeover: false },
  },
  {
    section: '§7.1.1.2',
    rule: 'the client keeps its window, the server does not',
    options: { clientNoContextTakeover: false },
  },
  {
    section: '§7.1.1',
    rule: 'both keep their windows',
    options: { serverNoContextTakeover: false, clientNoContextTakeover: false },
  },
  ...[9, 12, 15].flatMap((bits) => [
    {
      section: '§7.1.2.1',
      rule: `the server has a window of ${bits} bits, and keeps it`,
      options: { serverMaxWindowBits: bits, serverNoContextTakeover: false },
    },
    {
      section: '§7.1.2.2',
      rule: `the client has a window of ${bits} bits, and keeps it`,
      options: { clientMaxWindowBits: bits, clientNoContextTakeover: false },
    },
    {
      section: '§7.1.2',
      rule: `both have windows of ${bits} bits, new for each message`,
      options: { serverMaxWindowBits: bits, clientMaxWindowBits: bits },
    },
  ]),
];

/** The usual lengths of public suites: up to more than any window, and around each of our limits. */
const lengths = [
  0, 1, 16, 64, 125, 126, 256, 1_023, 1_024, 4_096, 8_191, 8_192, 16_384, 32_768, 65_535, 65_536, 131_072,
];

interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** Text as apps send it, repetitions, and bytes that cannot be compressed. */
const messages: readonly Message[] = lengths.flatMap((length) => [
  { data: Buffer.from(JSON.stringify({ votes: 'yes no '.repeat(length) }).slice(0, length)), isBinary: false },
  { data: Buffer.alloc(length, 'ab'), isBinary: true },
  { data: new Random(length).bytes(length), isBinary: true },
]);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function serveOurs(options: PerMessageDeflateOptions): Promise<string> {
  const server = createServer();
  server.on('upgrade', (request, duplex, head) => {
    const socket = accept({ request, duplex, head }, { perMessageDeflate: options });
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  return listen(server);
}

function serveTheirs(options: object): Promise<string> {
  const server = createServer();
  new WebSocketServer({ server, perMessageDeflate: options }).on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
  });
  return listen(server);
}

/** All at once, so that short messages must wait for long ones that are processed on threads. */
async function expectEchoes(send: (message: Message) => void, echoes: readonly Message[]): Promise<void> {
  for (const message of messages) send(message);
  await expect.poll(() => echoes.length).toBe(messages.length);
  for (const [index, { data, isBinary }] of messages.entries()) {
    const echo = echoes[index]!;
    expect([echo.isBinary, echo.data.length]).toEqual([isBinary, data.length]);
    expect(echo.data.equals(data)).toBe(true);
  }
}

for (const threshold of [0, 1_024]) {
  const titled = rows.map(
    ({ rule, section, options }) => [`${rule} (${section})`, { threshold, maxRatio: Infinity, ...options }] as const,
  );

  describe(`our server and another client, from ${threshold} bytes on`, () => {
    test.each(titled)('%s', async (_, options) => {
      const theirs = new OtherSocket(await serveOurs(options), {
        // Only the client can request the server's window.
        perMessageDeflate: options,
      });
      await once(theirs, 'open');
      expect(theirs.extensions).toMatch(/^permessage-deflate/);
      const echoes: Message[] = [];
      theirs.on('message', (data: RawData, isBinary) => echoes.push({ data: data as Buffer, isBinary }));
      await expectEchoes(({ data, isBinary }) => theirs.send(data, { binary: isBinary }), echoes);
      theirs.terminate();
    });
  });

  describe(`our client and another server, from ${threshold} bytes on`, () => {
    test.each(titled)('%s', async (_, options) => {
      const ours = await connect(await serveTheirs(options), { perMessageDeflate: options });
      expect(ours.extensions).toMatch(/^permessage-deflate/);
      const echoes: Message[] = [];
      ours.on('message', (data, isBinary) => echoes.push({ data, isBinary }));
      await expectEchoes(({ data, isBinary }) => ours.send(data, { binary: isBinary }), echoes);
      ours.terminate();
    });
  });
}
