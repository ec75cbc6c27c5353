import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { CloseInfo } from '@turnout/core';
import { dialTcp, formatHandshake } from '@turnout/test-kit/raw-client';
import type { EchoServer, ServedConnection } from './echo-server.ts';

/**
 * The bytes received after the 101 until the server ended the connection, and how the server's application saw the end.
 */
export interface Exchange {
  readonly bytes: Buffer;
  readonly closeInfo: CloseInfo;
}

export interface ExchangeOptions {
  /** Path and query. */
  readonly target: string;
  /** Sent in the same write as the handshake. */
  readonly early: Buffer;
  /** Each reaches the server in a separate read, or in several if it is long. */
  readonly chunks: readonly Buffer[];
}

const acceptance =
  'HTTP/1.1 101 Switching Protocols\r\n' +
  'Upgrade: websocket\r\n' +
  'Connection: Upgrade\r\n' +
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** Everything that the server sends until it ends the connection. The client then ends its side too. */
async function readToEnd(client: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(client, 'end');
  client.end();
  return Buffer.concat(chunks);
}

/** Sends bytes instead of a handshake, and returns the whole answer, one character per byte. */
export async function answerTo(server: EchoServer, request: Buffer): Promise<string> {
  const client = await dialTcp(server.port, { allowHalfOpen: true });
  const answer = readToEnd(client);
  client.write(request);
  return (await answer).toString('latin1');
}

/**
 * Opens a WebSocket, sends the chunks and reads until the server ends the connection, which the chunks must cause.
 */
export async function exchange(server: EchoServer, { target, early, chunks }: ExchangeOptions): Promise<Exchange> {
  const client = await dialTcp(server.port, { allowHalfOpen: true });
  const answer = readToEnd(client);
  const opening = Buffer.concat([Buffer.from(formatHandshake({ target, host: 'server.example.com' })), early]);
  client.write(opening);
  await once(client, 'data');
  const served = server.connectionFrom(client.localPort);
  let sent = opening.length;
  for (const chunk of chunks) {
    client.write(chunk);
    sent += chunk.length;
    await untilRead(served, sent);
  }
  const bytes = await answer;
  if (!bytes.toString('latin1').startsWith(acceptance)) throw new Error(`Expected a 101, got ${bytes.toString()}`);
  return { bytes: bytes.subarray(acceptance.length), closeInfo: await served.closed };
}

/**
 * Ensures that two chunks never arrive in one read: both ends run on this event loop, so a few turns are enough.
 */
async function untilRead({ duplex }: ServedConnection, byteLength: number): Promise<void> {
  while (duplex.bytesRead < byteLength && !duplex.destroyed) await setImmediate();
}
