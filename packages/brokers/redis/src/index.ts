/**
 * Redis as the broker of `@turnout/topics`.
 *
 * @module
 */
export { connectRedis } from './redis-broker.ts';
export type { RedisBrokerOptions } from './redis-options.ts';
