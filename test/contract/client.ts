import { once } from 'node:events';
import { get as getPlain, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { get as getSecure } from 'node:https';
import type { Readable } from 'node:stream';
import { WebSocket } from '@turnout/core';
import { WebSocket as WsClient } from 'ws';
import type { Transport } from './framework.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ClientOptions {
  readonly headers?: Record<string, string>;
  readonly protocols?: readonly string[];
}

/** What is used of a WebSocket, be it that of `ws` or our own. */
interface Client {
  readonly protocol: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  on(name: 'message', listener: (data: Buffer) => void): unknown;
  on(name: 'close', listener: (code: number, reason: Buffer) => void): unknown;
}

export interface OpenClient {
  readonly client: Client;
  /** Of the answer that accepts. */
  readonly headers: IncomingHttpHeaders;
  /** The next message as text. */
  readonly next: () => Promise<string>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export interface Dialler {
  /** Opens a WebSocket, or gives the answer that refuses it. */
  readonly dial: (path: string, options?: ClientOptions) => Promise<OpenClient | Answer>;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  readonly stop: () => void;
}

export function createDialler({ version, tls }: Transport, port: number): Dialler {
  return version === 1 ? http1Dialler(tls !== undefined, port) : http2Dialler(tls !== undefined, port);
}

function http1Dialler(isSecure: boolean, port: number): Dialler {
  const authority = `${isSecure ? 's' : ''}://127.0.0.1:${port}`;
  return {
    dial: async (path, { headers = {}, protocols = [] } = {}) => {
      const client = new WsClient(`ws${authority}${path}`, [...protocols], { headers, rejectUnauthorized: false });
      const opened = new Promise<OpenClient | Answer>((resolve, reject) => {
        let upgrade: IncomingMessage;
        client.on('upgrade', (response) => (upgrade = response));
        client.on('open', () => resolve(openClient(client, upgrade.headers)));
        client.on('unexpected-response', (_request, response: IncomingMessage) =>
          resolve(readAnswer(response, response.statusCode!, response.headers)),
        );
        client.on('error', reject);
      });
      return opened;
    },
    get: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        const onResponse = (response: IncomingMessage): void =>
          resolve(readAnswer(response, response.statusCode!, response.headers));
        const options = { headers, agent: false, rejectUnauthorized: false };
        const get = isSecure ? getSecure : getPlain;
        get(`http${authority}${path}`, options, onResponse).on('error', reject);
      }),
    stop: () => {},
  };
}

/** One connection for everything, as a browser has it. */
function http2Dialler(isSecure: boolean, port: number): Dialler {
  let session: ClientHttp2Session | undefined;
  const open = async (): Promise<ClientHttp2Session> => {
    if (session !== undefined) return session;
    const scheme = isSecure ? 'https' : 'http';
    session = connectHttp2(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const [settings] = (await once(session, 'remoteSettings')) as [{ enableConnectProtocol?: boolean }];
    if (settings.enableConnectProtocol !== true) throw new Error('The server does not offer extended CONNECT');
    return session;
  };
  const request = async (headers: Record<string, string>, endStream: boolean) => {
    const stream = (await open()).request(headers, { endStream });
    const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }];
    return { stream, answer, status: answer[':status'] };
  };
  return {
    dial: async (path, { headers = {}, protocols = [] } = {}) => {
      const { stream, answer, status } = await request(
        {
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
          ':method': 'CONNECT',
          ':protocol': 'websocket',
          ':path': path,
          'sec-websocket-version': '13',
          ...(protocols.length > 0 && { 'sec-websocket-protocol': protocols.join(', ') }),
        },
        false,
      );
      if (status !== 200) return readAnswer(stream, status, answer);
      const protocol = String(answer['sec-websocket-protocol'] ?? '');
      return openClient(new WebSocket(stream, { role: 'client', protocol }), answer);
    },
    get: async (path, headers = {}) => {
      const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      const { stream, answer, status } = await request({ ...lowerCase, ':path': path }, true);
      return readAnswer(stream, status, answer);
    },
    stop: () => session?.destroy(),
  };
}

async function readAnswer(
  response: Readable | ClientHttp2Stream,
  status: number,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status, headers, body: Buffer.concat(chunks).toString() };
}

function openClient(client: Client, headers: IncomingHttpHeaders): OpenClient {
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  client.on('message', (data) => {
    const resolve = waiting.shift();
    if (resolve === undefined) messages.push(data.toString());
    else resolve(data.toString());
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    client.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  return {
    client,
    headers,
    closed,
    next: () => {
      const first = messages.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}
