import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createRouter } from '../src/index.ts';
import type { CreateRouterOptions, WebSocketRouter } from '../src/index.ts';

export interface Serving {
  readonly server: Server;
  readonly port: number;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  /** The TCP connections that the server has not seen the end of. */
  readonly connections: ReadonlySet<unknown>;
}

/** Listens on a free port until the test is over. */
export async function listen(server: Server): Promise<Serving> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections = new Set<{ destroy(): void }>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  onTestFinished(async () => {
    for (const connection of connections) connection.destroy();
    server.close();
    if (server.listening) await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}`, connections };
}

/** A router on a server of its own. */
export async function serveRouter(
  setUp: (router: WebSocketRouter) => void,
  options: CreateRouterOptions = {},
): Promise<Serving & { readonly router: WebSocketRouter; readonly errors: unknown[] }> {
  const errors: unknown[] = [];
  const router = createRouter({ onError: (error) => errors.push(error), ...options });
  setUp(router);
  const server = createServer();
  router.attach(server);
  return { ...(await listen(server)), router, errors };
}

/** Resolves once `condition` holds; the test's own time limit ends it otherwise. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
