import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { WebSocket } from '@turnout/core';

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface DialOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
}

/** A client whose upgrade was accepted. */
export interface OpenClient {
  readonly client: WebSocket;
  /** Headers of the answer that accepted. */
  readonly headers: IncomingHttpHeaders;
  /** The next message, as text. */
  readonly next: () => Promise<string>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export async function readAnswer(response: Readable, status: number, headers: IncomingHttpHeaders): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status, headers, body: Buffer.concat(chunks).toString() };
}

export function openClient(client: WebSocket, headers: IncomingHttpHeaders): OpenClient {
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  client.on('message', (data) => {
    const resolve = waiting.shift();
    if (resolve === undefined) messages.push(data.toString());
    else resolve(data.toString());
  });
  client.on('error', () => {});
  return {
    client,
    headers,
    closed: client.closed.then(({ code, reason }) => ({ code, reason })),
    next: () => {
      const first = messages.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}
