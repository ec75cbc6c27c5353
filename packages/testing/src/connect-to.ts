import { AssertionError } from 'node:assert';
import type { IncomingMessage, Server } from 'node:http';
import { connect, ConnectError, connectOptions, type ConnectOptions } from '@turnout/core';
import { object, readOptions, type OptionsFor } from '@turnout/core/options';
import { MemorySocket } from './memory-socket.ts';
import { TestClient } from './test-client.ts';

export interface ClientOptions extends Omit<ConnectOptions, 'connection' | 'tls'> {
  /**
   * Is set on the request as `request.session` before any middleware runs. `express-session` keeps it; for middleware
   * with another convention, send a cookie.
   */
  readonly session?: object | undefined;
}

const { connection: _connection, tls: _tls, ...ofConnect } = connectOptions;

const clientOptions = { ...ofConnect, session: object<object>() } satisfies OptionsFor<ClientOptions>;

/** The answer that refuses an upgrade. */
export interface Refusal {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/**
 * Opens a WebSocket to a path of a server that need not listen: one that an app is attached to, or a Fastify app's own
 * once it is ready.
 *
 * Rejects with a `ConnectError` if the upgrade is refused.
 */
export async function connectTo(server: Server, path: string, options?: ClientOptions): Promise<TestClient> {
  const { session, ...dialling } = readOptions(clientOptions, options);
  const [ours, theirs] = MemorySocket.pair();
  const inject = (request: IncomingMessage): void => {
    if ((request.socket as object) === theirs) Object.assign(request, { session });
  };
  if (session !== undefined) server.prependListener('upgrade', inject);
  try {
    server.emit('connection', theirs);
    const socket = await connect(new URL(path, 'ws://localhost'), { ...dialling, connection: ours });
    return new TestClient(socket, ours);
  } finally {
    server.off('upgrade', inject);
  }
}

/**
 * Asserts that an upgrade is refused with this status, and returns the answer.
 *
 * Rejects with an `AssertionError` if it is accepted, or refused with another status.
 */
export async function expectRefused(
  server: Server,
  path: string,
  status: number,
  options?: ClientOptions,
): Promise<Refusal> {
  let client: TestClient;
  try {
    client = await connectTo(server, path, options);
  } catch (error) {
    if (!(error instanceof ConnectError) || error.status === undefined) throw error;
    const { headers, body } = error;
    if (error.status === status) return { status, headers: headers!, body: body! };
    throw new AssertionError({
      message: `Expected ${path} to be refused with ${status}, got ${error.status}: ${body}`,
      actual: error.status,
      expected: status,
    });
  }
  client.socket.terminate();
  throw new AssertionError({ message: `Expected ${path} to be refused with ${status}, but it was accepted` });
}
