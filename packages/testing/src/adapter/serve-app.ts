import { AssertionError } from 'node:assert';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { AdapterUnderTest, AppUnderTest, AppUnderTestOptions } from './adapter-under-test.ts';
import { createDialler } from './create-dialler.ts';
import type { Dialler } from './dialler.ts';
import type { Answer, DialOptions, OpenClient } from './open-client.ts';
import type { Transport } from './transports.ts';

/** An app that serves on a free port of 127.0.0.1. */
export interface ServedApp<App extends AppUnderTest = AppUnderTest> {
  readonly app: App;
  readonly server: Server;
  readonly port: number;
  /** The app's own origin, as a browser sends it. */
  readonly origin: string;
  /** The errors passed to the hook `onError`. */
  readonly errors: readonly unknown[];
  /** Opens a WebSocket; rejects if it is refused. */
  readonly open: (path: string, options?: DialOptions) => Promise<OpenClient>;
  /** The answer that refuses an upgrade; rejects if it is accepted. */
  readonly refusal: (path: string, options?: DialOptions) => Promise<Answer>;
  /** The answer to a plain GET. */
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Ends the connection that requests over HTTP/2 share. */
  readonly hangUp: () => void;
  /** Ends the server and every connection. */
  readonly stop: () => Promise<void>;
}

/**
 * Creates an app, lets `setUp` add what a test needs, and serves it as the cases of the suite do, for further tests of
 * an adapter.
 */
export async function serveApp<App extends AppUnderTest, Extra extends object>(
  adapter: AdapterUnderTest<App, Extra>,
  transport: Transport,
  setUp: (app: App) => void,
  options: Omit<AppUnderTestOptions, 'onError'> & Extra,
): Promise<ServedApp<App>> {
  const errors: unknown[] = [];
  const app = adapter.create({ ...options, onError: (error) => errors.push(error) });
  setUp(app);
  const server = await app.createServer(transport);
  const connections = connectionsOf(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dialler = createDialler(transport, port);
  return {
    app,
    server,
    port,
    origin: `http${transport.tls === undefined ? '' : 's'}://127.0.0.1:${port}`,
    errors,
    ...verdictsOf(dialler),
    get: dialler.get,
    hangUp: dialler.stop,
    async stop() {
      dialler.stop();
      const closed = server.listening ? once(server, 'close') : undefined;
      for (const connection of connections) connection.destroy();
      server.close();
      await app.close({ timeout: 0 });
      await closed;
    },
  };
}

function verdictsOf({ dial }: Dialler): Pick<ServedApp, 'open' | 'refusal'> {
  return {
    async open(path, options) {
      const result = await dial(path, options);
      if ('client' in result) return result;
      throw new AssertionError({ message: `Refused with ${result.status}: ${result.body}` });
    },
    async refusal(path, options) {
      const result = await dial(path, options);
      if ('status' in result) return result;
      result.client.terminate();
      throw new AssertionError({ message: `Expected ${path} to be refused, but it was accepted` });
    },
  };
}

function connectionsOf(server: Server): ReadonlySet<Socket> {
  const connections = new Set<Socket>();
  server.on('connection', (connection: Socket) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  return connections;
}
