import { createSentinel } from 'redis';
import type { ClusterOptions } from './cluster-discovery.ts';
import { RedisCluster } from './redis-cluster.ts';
import type { ConnectionContext, RedisConnections } from './redis-connections.ts';
import { wayToConnect, type ClientOptions, type RedisBrokerOptions } from './redis-options.ts';
import { connectBySentinel, oneAttempt, scanInterval, withAnsweringFirst, type Sentinel } from './redis-sentinel.ts';
import { RedisServer } from './redis-server.ts';

/** Makes new connections on each call. */
export type Connect = (context: ConnectionContext) => Promise<RedisConnections>;

/**
 * Chooses how to connect by the options.
 *
 * @throws {TypeError} if they name more than one way, or a client that is not from the `redis` package
 */
export function connectBy(options: RedisBrokerOptions): Connect {
  const { url = 'redis://127.0.0.1:6379', client, cluster, sentinel, duplicateOf } = options;
  wayToConnect(options);
  if (cluster !== undefined) return toCluster(cluster);
  if (sentinel !== undefined) {
    return toSentinel(async (signal) =>
      createSentinel({ scanInterval, ...(await withAnsweringFirst(sentinel, signal)), ...oneAttempt }),
    );
  }
  return duplicateOf === undefined ? toServer({ ...client, url }) : duplicate(duplicateOf);
}

function duplicate(client: object): Connect {
  if ('_options' in client) return toCluster(client._options as ClusterOptions);
  if ('options' in client) return toServer(client.options as ClientOptions);
  if (isSentinel(client)) return toSentinel(async () => client.duplicate({ scanInterval, ...oneAttempt }));
  throw new TypeError(
    'Invalid option duplicateOf: expected a client of createClient(), createCluster() or createSentinel()',
  );
}

function toServer(options: ClientOptions): Connect {
  return (context) => RedisServer.connect(options, context);
}

function toCluster(options: ClusterOptions): Connect {
  return (context) => RedisCluster.connect(options, context);
}

function toSentinel(create: (signal: AbortSignal) => Promise<Sentinel>): Connect {
  return async (context) => connectBySentinel(await create(context.signal), context);
}

interface SentinelClient {
  duplicate(overrides: { readonly scanInterval: number } & typeof oneAttempt): Sentinel;
}

function isSentinel(client: object): client is SentinelClient {
  return 'duplicate' in client && '_execute' in client;
}
