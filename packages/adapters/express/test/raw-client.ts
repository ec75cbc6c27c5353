import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** Formats the text of a WebSocket handshake; `headers` are further header lines. */
export function formatHandshake(target = '/', headers: readonly string[] = []): string {
  const own = [
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];
  return [`GET ${target} HTTP/1.1`, ...own, ...headers, '', ''].join('\r\n');
}

/** A masked text frame of a client, its masking key zero, so that its payload stays readable. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

/** Sends a request over a TCP connection of its own and returns all that comes until the server ends it. */
export async function exchange(port: number, text: string | Buffer): Promise<string> {
  const socket = await dial(port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()));
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** The status code of an answer. */
export function statusOf(answer: string): number {
  return Number(answer.slice(9, 12));
}
