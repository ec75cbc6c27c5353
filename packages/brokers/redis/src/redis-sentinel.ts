import type { RedisSentinelOptions } from 'redis';
import { firstAnswer } from './first-answer.ts';
import { mappedAddress } from './mapped-address.ts';
import type { ConnectionContext, RedisConnections } from './redis-connections.ts';
import { messageOf } from './redis-errors.ts';
import type { ClientOptions } from './redis-options.ts';
import { RedisServer } from './redis-server.ts';

/** How often, in ms, Sentinel is asked for the master, in addition to its notifications. */
export const scanInterval = 5_000;

/** Tries to connect once and reports the error: the broker retries. */
export const oneAttempt = { maxCommandRediscovers: 0 };

/**
 * Puts a Sentinel that answers first, as the client waits for the first one however long that takes. If none answers,
 * the client finds out why.
 */
export async function withAnsweringFirst(
  options: RedisSentinelOptions,
  signal: AbortSignal,
): Promise<RedisSentinelOptions> {
  const { sentinelRootNodes: nodes, sentinelClientOptions, nodeAddressMap } = options;
  const servers = nodes.map(({ host, port }) => {
    const address = mappedAddress(`${host}:${port}`, nodeAddressMap) ?? { host, port };
    return { ...sentinelClientOptions, socket: { ...(sentinelClientOptions?.socket as object), ...address } };
  });
  const { index } = await firstAnswer(servers, ['PING'], signal).catch(() => ({ index: 0 }));
  return { ...options, sentinelRootNodes: [...nodes.slice(index), ...nodes.slice(0, index)] };
}

/** The part of a client from `createSentinel()` that finds the master and reports a new one. */
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
 * Connects to the master that Sentinel names. The connection fails once Sentinel names another master, even if the old
 * one, cut off together with this node, still considers itself master.
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

/** Rejects with every error that prevented reaching Sentinel or the master. */
async function connect(sentinel: Sentinel): Promise<void> {
  const reasons = new Set<string>();
  const note = (error: unknown): void => {
    if (error instanceof Error) reasons.add(error.message || String((error as NodeJS.ErrnoException).code));
  };
  // Later it reconnects by itself; the connections to the master show whether the master is available.
  sentinel.on('error', note);
  sentinel.on('client-error', (event) => note((event as { readonly error?: unknown }).error));
  try {
    await sentinel.connect();
  } catch (error) {
    note(error);
    throw new Error(`Sentinel gives no master: ${[...reasons].join('; ') || messageOf(error)}`, { cause: error });
  }
}
