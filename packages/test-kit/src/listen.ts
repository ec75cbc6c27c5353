import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface Listening {
  readonly server: Server;
  readonly port: number;
  /** `ws://127.0.0.1:port` */
  readonly url: string;
  /** `http://127.0.0.1:port` */
  readonly page: string;
  /** The TCP connections that are open on the server. */
  readonly connections: ReadonlySet<unknown>;
}

/** Listens on a free port until the test ends. */
export async function listen(server: Server): Promise<Listening> {
  const connections = closeAfterTest(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, port, url: `ws://127.0.0.1:${port}`, page: `http://127.0.0.1:${port}`, connections };
}

/** Returns the open connections of a server, which ends with the test. */
export function closeAfterTest(server: Server): ReadonlySet<unknown> {
  const connections = new Set<{ destroy(): void }>();
  server.on('connection', (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  onTestFinished(async () => {
    const closed = server.listening ? once(server, 'close') : undefined;
    for (const connection of connections) connection.destroy();
    server.close();
    await closed;
  });
  return connections;
}
