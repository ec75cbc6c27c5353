// Our server and our client with implementations in other languages as the peer, plain and compressed.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accept, connect, type CloseInfo, type PerMessageDeflateOptions } from '@turnout/core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { requireSystemPart } from '@turnout/test-kit/system-part';
import { expectEchoes } from './messages.ts';
import { runClient, startServer } from './peer-process.ts';
import { peers, preparePeer, type Way } from './peers.ts';

/** In ms; a C++ compiler takes a quarter of a minute on an idle machine. */
const buildTimeout = 300_000;

/** Our end compresses everything it may, so that the peer must inflate each message. */
const optionsFor = ({ options }: Way): PerMessageDeflateOptions => ({ threshold: 0, ...options });

interface EchoServer {
  readonly url: string;
  /** The received offers of extensions. */
  readonly offers: string[];
  readonly closes: Promise<CloseInfo>[];
}

async function startEcho(perMessageDeflate: PerMessageDeflateOptions): Promise<EchoServer> {
  const server: Server = createServer();
  const [offers, closes]: [string[], Promise<CloseInfo>[]] = [[], []];
  server.on('upgrade', (request, duplex, head) => {
    offers.push(request.headers['sec-websocket-extensions'] ?? '');
    const socket = accept({ request, duplex, head }, { perMessageDeflate });
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    closes.push(socket.closed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, offers, closes };
}

const parameterNames = (extensions: string): string[] =>
  extensions.split(/[;,]/).map((parameter) => parameter.split('=')[0]!.trim());

describe.each(peers)('$name', (peer) => {
  const isSkipped = peer.parts.map(requireSystemPart).includes(undefined);
  let folder: string;
  let command: readonly string[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'turnout-peer-'));
    command = await preparePeer(peer, folder);
  }, buildTimeout);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  describe.skipIf(isSkipped)('as a client', () => {
    test.each(peer.ways)('receives echoes of all its messages, $name, and closes with 1000', async (way) => {
      const server = await startEcho(optionsFor(way));
      const { extensions, code } = await runClient(command, server.url, way.parameter);
      expect(extensions).toMatch(way.parameter === undefined ? /^$/ : /^permessage-deflate/);
      // Only offered parameters are declared.
      expect(parameterNames(server.offers[0]!)).toEqual(expect.arrayContaining(parameterNames(extensions)));
      expect(code).toBe(1000);
      expect(await Promise.all(server.closes)).toEqual([{ code: 1000, reason: '', wasClean: true }]);
    });
  });

  if (peer.isServerToo) {
    describe.skipIf(isSkipped)('as a server', () => {
      test.each(peer.ways)('echoes all messages of our client, $name, and closes with 1000', async (way) => {
        const server = await startServer(command, way.parameter);
        onTestFinished(() => server.stop());
        const socket = await connect(server.url, { perMessageDeflate: optionsFor(way) });
        expect(socket.extensions).toMatch(way.parameter === undefined ? /^$/ : /^permessage-deflate/);
        await expectEchoes(socket, { withEmpty: way.failsOnEmpty === undefined });
        socket.close(1000);
        expect(await socket.closed).toMatchObject({ code: 1000, wasClean: true });
      });
    });
  }
});
