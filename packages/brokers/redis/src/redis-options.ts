import type { PendingLimits } from '@turnout/topics';
import type { RedisClientOptions } from 'redis';

export interface RedisBrokerOptions extends Partial<PendingLimits> {
  /** `redis[s]://[[user][:password]@]host[:port][/database]`. Default `redis://127.0.0.1:6379`. */
  readonly url?: string;
  /** Begins the names of all keys and channels. Default `turnout:`. */
  readonly prefix?: string;
  /** More of the client's own options, such as `socket.tls`; reconnecting and queueing are the broker's. */
  readonly client?: Omit<RedisClientOptions, 'url' | 'disableOfflineQueue' | 'pingInterval' | 'RESP'>;
  /** How often, in ms, a connection is asked whether it is there; one that does not answer within `pingTimeout` is given up. Default 1,000. */
  readonly pingInterval?: number;
  /** Default 3,000. */
  readonly pingTimeout?: number;
}
