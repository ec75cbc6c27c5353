import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { createDialler, type Answer, type ClientOptions, type OpenClient } from './client.ts';
import type { ContractApp, CreateOptions, Framework, Transport } from './framework.ts';

function credential(name: string): Buffer {
  return readFileSync(fileURLToPath(new URL(`../../packages/core/test/socket/tls/${name}.pem`, import.meta.url)));
}

const tls = { key: credential('key'), cert: credential('certificate') };

export const transports = {
  http: { version: 1 },
  https: { version: 1, tls },
  'HTTP/2': { version: 2 },
  'HTTP/2 with TLS': { version: 2, tls },
} satisfies Record<string, Transport>;

/** An app that serves until the test is over. */
export interface Serving {
  readonly app: ContractApp;
  readonly server: Server;
  readonly port: number;
  /** As a browser names the app's own origin. */
  readonly origin: string;
  /** What the error hook was told. */
  readonly errors: unknown[];
  /** Opens a WebSocket; rejects where it is refused. */
  readonly open: (path: string, options?: ClientOptions) => Promise<OpenClient>;
  /** The answer that refuses an upgrade; rejects where it is accepted. */
  readonly refusal: (path: string, options?: ClientOptions) => Promise<Answer>;
  /** The answer to a plain request. */
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  /** Ends the connection that requests over HTTP/2 share. */
  readonly hangUp: () => void;
}

export async function serve(
  framework: Framework,
  transport: Transport,
  setUp: (app: ContractApp) => void,
  options: Omit<CreateOptions, 'onError'> = {},
): Promise<Serving> {
  const errors: unknown[] = [];
  const app = framework.create({ ...options, onError: (error) => errors.push(error) });
  setUp(app);
  const server = await app.createServer(transport);
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dialler = createDialler(transport, port);
  onTestFinished(async () => {
    dialler.stop();
    const closed = server.listening ? once(server, 'close') : undefined;
    for (const connection of connections) connection.destroy();
    server.close();
    await app.close({ timeout: 0 });
    await closed;
  });
  return {
    app,
    server,
    port,
    origin: `http${transport.tls === undefined ? '' : 's'}://127.0.0.1:${port}`,
    errors,
    async open(path, clientOptions) {
      const result = await dialler.dial(path, clientOptions);
      if ('client' in result) return result;
      throw new Error(`Refused with ${result.status}: ${result.body}`);
    },
    async refusal(path, clientOptions) {
      const result = await dialler.dial(path, clientOptions);
      if ('status' in result) return result;
      throw new Error('Accepted');
    },
    get: dialler.get,
    hangUp: dialler.stop,
  };
}
