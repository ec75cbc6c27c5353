import { RedisStore } from 'connect-redis';
import type { Store } from 'express-session';
import type { SharedRedis } from './shared-redis.ts';

interface Expiration {
  readonly expiration: { readonly value: number };
}

/** Sessions in Redis. Signing in or out survives a failover. */
export function redisSessions(redis: SharedRedis, prefix: string): Store {
  const client = {
    get: (key: string) => redis.get(key),
    set: (key: string, value: string, { expiration }: Expiration) =>
      redis.run(['SET', key, value, 'EX', String(expiration.value)]),
    expire: (key: string, seconds: number) => redis.run(['EXPIRE', key, String(seconds)]),
    del: (keys: readonly string[]) => redis.run(['DEL', ...keys]),
  };
  return new RedisStore({ client: client as never, prefix });
}
