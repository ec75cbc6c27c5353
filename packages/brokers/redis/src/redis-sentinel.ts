import type { ConnectionContext, RedisConnections } from './redis-connections.ts';
import { messageOf } from './redis-errors.ts';
import type { ClientOptions } from './redis-options.ts';
import { RedisServer } from './redis-server.ts';

/** How often, in ms, Sentinel is asked for the master, beside what it tells by itself. */
export const scanInterval = 5_000;

/** It tries once to connect, and says why it could not: the broker tries again. */
export const oneAttempt = { maxCommandRediscovers: 0 };

/** What is needed of a client that `createSentinel()` has made: to find the master, and to hear of another. */
export interface Sentinel {
  connect(): Promise<unknown>;
  destroy(): Promise<unknown>;
  on(event: string, listener: (value: unknown) => void): unknown;
  _execute<Value>(
    isReadonly: boolean,
    use: (client: { readonly options: ClientOptions }) => Promise<Value>,
  ): Promise<Value>;
}

/**
 * Connects to the master that Sentinel names. Once Sentinel names another the connection has failed, also where the old
 * one, cut off with this node, still believes to be it.
 */
export async function connectBySentinel(sentinel: Sentinel, context: ConnectionContext): Promise<RedisConnections> {
  context.signal.addEventListener('abort', () => void sentinel.destroy().catch(() => {}));
  await connect(sentinel);
  const options = await sentinel._execute(false, async (client) => client.options);
  sentinel.on('topology-change', (change) => {
    if ((change as { type?: unknown }).type !== 'MASTER_CHANGE') return;
    context.onFailed(new Error('Sentinel names another master'));
  });
  return RedisServer.connect(options, context);
}

/** Rejects with all that has kept it from Sentinel, or from the master. */
async function connect(sentinel: Sentinel): Promise<void> {
  const reasons = new Set<string>();
  const note = (error: unknown): void => {
    if (error instanceof Error) reasons.add(error.message || String((error as NodeJS.ErrnoException).code));
  };
  // Later it connects again by itself; whether the master is there, the connections to it tell.
  sentinel.on('error', note);
  sentinel.on('client-error', (event) => note((event as { readonly error?: unknown }).error));
  try {
    await sentinel.connect();
  } catch (error) {
    note(error);
    throw new Error(`Sentinel gives no master: ${[...reasons].join('; ') || messageOf(error)}`, { cause: error });
  }
}
