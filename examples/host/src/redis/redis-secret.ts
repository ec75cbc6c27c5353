import { randomBytes } from 'node:crypto';
import type { SharedRedis } from './shared-redis.ts';

/** The key that signs session cookies, the same for all processes: the first one creates it. */
export async function redisSecret(redis: SharedRedis, key: string): Promise<string> {
  await redis.run(['SET', key, randomBytes(32).toString('base64url'), 'NX']);
  return String(await redis.run(['GET', key]));
}
