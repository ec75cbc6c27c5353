import { createClient, RESP_TYPES } from 'redis';
import type { ClientOptions } from './redis-options.ts';

/** Answers are read as bytes, because messages need not be text. */
const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer };

/**
 * A connection that never reconnects: after a failure the broker makes another one. It ends when the signal is aborted.
 */
export function createConnection(options: ClientOptions, signal: AbortSignal): Connection {
  const connection = clientFor(options);
  const end = (): void => destroy(connection);
  signal.addEventListener('abort', end);
  connection.on('end', () => signal.removeEventListener('abort', end));
  return connection;
}

function clientFor(options: ClientOptions) {
  return createClient({
    ...options,
    RESP: 2,
    clientSideCache: undefined,
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    socket: { connectTimeout: 3_000, ...(options.socket as object), reconnectStrategy: false },
    // The broker has a time limit for each call.
    commandOptions: { typeMapping, timeout: 0 },
  });
}

export type Connection = ReturnType<typeof clientFor>;

/** Sends one command to a server over a separate connection. */
export async function askOnce(options: ClientOptions, question: string[], signal: AbortSignal): Promise<unknown> {
  const connection = createConnection(options, signal);
  // A failure rejects the calls as well.
  connection.on('error', () => {});
  try {
    await connection.connect();
    return await connection.sendCommand(question);
  } finally {
    destroy(connection);
  }
}

function destroy(connection: Pick<Connection, 'destroy'>): void {
  try {
    connection.destroy();
  } catch {
    // It was never open, or has already ended.
  }
}
