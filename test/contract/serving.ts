import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { WebSocket as Client } from 'ws';
import type { ContractApp, CreateOptions, Framework } from './framework.ts';

function credential(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../packages/core/test/socket/tls/${name}.pem`, import.meta.url)));
}

const tls = { key: credential('key'), cert: credential('certificate') };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** An app that serves until the test is over. */
export interface Serving {
  readonly app: ContractApp;
  readonly port: number;
  /** What the error hook was told. */
  readonly errors: unknown[];
  /** Opens a WebSocket; rejects where it is refused. */
  readonly open: (path: string, options?: ClientOptions) => Promise<OpenClient>;
  /** The answer that refuses an upgrade. */
  readonly refusal: (path: string, options?: ClientOptions) => Promise<Answer>;
  /** The answer to a plain request. */
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
}

export interface ClientOptions {
  readonly headers?: Record<string, string>;
  readonly protocols?: string[];
}

export interface OpenClient {
  readonly client: Client;
  readonly response: IncomingMessage;
  /** The next message as text. */
  readonly next: () => Promise<string>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export async function serve(
  framework: Framework,
  scheme: 'http' | 'https',
  setUp: (app: ContractApp) => void,
  options: Omit<CreateOptions, 'onError'> = {},
): Promise<Serving> {
  const errors: unknown[] = [];
  const app = framework.create({ ...options, onError: (error) => errors.push(error) });
  setUp(app);
  const server = await app.createServer(scheme === 'https' ? tls : undefined);
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  if (!server.listening) server.listen(0, '127.0.0.1');
  if (!server.listening) await once(server, 'listening');
  onTestFinished(async () => {
    const closed = server.listening ? once(server, 'close') : undefined;
    for (const connection of connections) connection.destroy();
    server.close();
    await app.close({ timeout: 0 }).catch(() => {});
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  const dial = (path: string, { headers = {}, protocols = [] }: ClientOptions = {}): Client =>
    new Client(`${scheme.replace('http', 'ws')}://127.0.0.1:${port}${path}`, protocols, {
      headers,
      rejectUnauthorized: false,
    });
  return {
    app,
    port,
    errors,
    open: async (path, options) => openClient(dial(path, options)),
    async refusal(path, options) {
      const client = dial(path, options);
      const refused = once(client, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
      const opened = once(client, 'open').then(() => Promise.reject(new Error('Opened')));
      client.on('error', () => {});
      const [, response] = await Promise.race([refused, opened]);
      return readAnswer(response);
    },
    get: (path, headers = {}) =>
      new Promise((resolve, reject) => {
        const url = `${scheme}://127.0.0.1:${port}${path}`;
        const onResponse = (response: IncomingMessage): void => resolve(readAnswer(response));
        const request =
          scheme === 'https'
            ? getSecure(url, { headers, rejectUnauthorized: false, agent: false }, onResponse)
            : getPlain(url, { headers, agent: false }, onResponse);
        request.on('error', reject);
      }),
  };
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

async function openClient(client: Client): Promise<OpenClient> {
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  client.on('message', (data: Buffer) => {
    const text = data.toString();
    const resolve = waiting.shift();
    if (resolve === undefined) messages.push(text);
    else resolve(text);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    client.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const upgraded = once(client, 'upgrade') as Promise<[IncomingMessage]>;
  await once(client, 'open');
  const [response] = await upgraded;
  return {
    client,
    response,
    closed,
    next: () => {
      const first = messages.shift();
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}
