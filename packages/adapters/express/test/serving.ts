import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Express } from 'express';
import { onTestFinished } from 'vitest';
import { attach, turnout } from '../src/index.ts';
import type { TurnoutOptions, WebSocketApp } from '../src/index.ts';

/** The tests run a second time with Express 4. */
export const isExpress4 = process.env['TURNOUT_EXPRESS'] === '4';

/** Any path, in the syntax of the version. */
export const anyPath = isExpress4 ? '/*' : '/{*rest}';

export type App = Express & WebSocketApp;

export interface Serving {
  readonly app: App;
  readonly server: Server;
  readonly port: number;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  /** `http://127.0.0.1:port` */
  readonly page: string;
  /** The TCP connections that the server has not seen the end of. */
  readonly connections: ReadonlySet<unknown>;
  /** What the error hook was told. */
  readonly errors: unknown[];
}

/** An Express app on a server of its own, until the test is over. */
export async function serve(setUp: (app: App) => void, options: TurnoutOptions = {}): Promise<Serving> {
  const errors: unknown[] = [];
  const app = turnout(express(), { onError: (error) => errors.push(error), ...options });
  // Else Express prints each error that reaches its default handler.
  app.set('env', 'test');
  setUp(app);
  const server = createServer(app);
  attach(server, app);
  return { app, errors, ...(await listen(server)) };
}

/** Listens on a free port until the test is over. */
export async function listen(server: Server): Promise<Omit<Serving, 'app' | 'errors'>> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connections = closeAfterTest(server);
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}`, page: `http://127.0.0.1:${port}`, connections };
}

/** Returns the open connections of the server. */
export function closeAfterTest(server: Server): ReadonlySet<unknown> {
  const connections = new Set<{ destroy(): void }>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  onTestFinished(async () => {
    for (const connection of connections) connection.destroy();
    server.close();
    await once(server, 'close');
  });
  return connections;
}

/** Resolves once `condition` holds; the test's own time limit ends it otherwise. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
