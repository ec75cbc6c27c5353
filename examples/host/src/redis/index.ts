export { redisSecret } from './redis-secret.ts';
export { redisSessions } from './redis-sessions.ts';
export { redisSettings, type RedisSettings } from './redis-settings.ts';
export { SharedRedis } from './shared-redis.ts';
