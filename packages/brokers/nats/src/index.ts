/**
 * NATS as the broker of `@turnout/topics`.
 *
 * @module
 */
export { connectNats } from './connect-nats.ts';
export type { NatsBrokerOptions } from './nats-options.ts';
