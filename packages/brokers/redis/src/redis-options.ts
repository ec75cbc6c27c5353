import { milliseconds, object, text, type OptionsFor } from '@turnout/core/options';
import { pendingOptions, type PendingLimits } from '@turnout/topics';
import type {
  createClient,
  createCluster,
  createSentinel,
  RedisClientOptions,
  RedisClusterOptions,
  RedisSentinelOptions,
} from 'redis';

/** Options of a client of the `redis` package; the broker sets reconnecting, queueing and RESP. */
export type ClientOptions = Omit<RedisClientOptions, 'disableOfflineQueue' | 'pingInterval' | 'RESP'>;

/** A client of the application. Only its options are read; the client itself is not used. */
export type ApplicationClient =
  | Pick<ReturnType<typeof createClient>, 'options' | 'duplicate'>
  | Pick<ReturnType<typeof createCluster>, '_options' | 'duplicate'>
  | Pick<ReturnType<typeof createSentinel>, 'commandOptions' | 'duplicate'>;

export interface RedisBrokerOptions extends Partial<PendingLimits> {
  /** One server: `redis[s]://[[user][:password]@]host[:port][/database]`. Default `redis://127.0.0.1:6379`. */
  readonly url?: string;
  /** More options of `createClient()` for one server, such as `socket.tls`. */
  readonly client?: Omit<ClientOptions, 'url'>;
  /** A Redis Cluster: `rootNodes`, `defaults` and `nodeAddressMap` of `createCluster()`. */
  readonly cluster?: Pick<RedisClusterOptions, 'rootNodes' | 'defaults' | 'nodeAddressMap'>;
  /** Servers that Sentinel watches: options of `createSentinel()`. */
  readonly sentinel?: RedisSentinelOptions;
  /**
   * A client created by the application with `createClient()`, `createCluster()` or `createSentinel()`. It is
   * duplicated.
   */
  readonly duplicateOf?: ApplicationClient;
  /** The prefix of all keys and channels; the number of the database follows it. Default `turnout:`. */
  readonly prefix?: string;
  /**
   * How often, in ms, each connection is pinged, and each server asked whether it is the master: 1 to 2,147,483,647.
   * Default 1,000.
   */
  readonly pingInterval?: number;
  /**
   * How long, in ms, an answer to that may take before the connection is given up: 1 to 2,147,483,647. Default 3,000.
   */
  readonly pongTimeout?: number;
}

export const redisOptions = {
  ...pendingOptions,
  url: text(undefined),
  client: object<Omit<ClientOptions, 'url'>>(),
  cluster: object<NonNullable<RedisBrokerOptions['cluster']>>(),
  sentinel: object<RedisSentinelOptions>(),
  duplicateOf: object<ApplicationClient>('a client of the redis package'),
  prefix: text('turnout:'),
  pingInterval: milliseconds({ default: 1_000, min: 1 }),
  pongTimeout: milliseconds({ default: 3_000, min: 1 }),
} satisfies OptionsFor<RedisBrokerOptions>;

const waysToConnect = ['url', 'cluster', 'sentinel', 'duplicateOf'] as const;

/**
 * Finds the way to connect that the options name.
 *
 * @throws {TypeError} if they name more than one way
 */
export function wayToConnect(options: RedisBrokerOptions): (typeof waysToConnect)[number] {
  const named = waysToConnect.filter((way) => options[way] !== undefined);
  if (named.length > 1)
    throw new TypeError(`Invalid options: expected one of ${waysToConnect.join(', ')}, got ${named.join(' and ')}`);
  const [way = 'url'] = named;
  if (options.client !== undefined && way !== 'url') {
    throw new TypeError(`Invalid options: client goes with url, got ${way}`);
  }
  return way;
}
