/**
 * NATS as the broker of `@turnout/topics`.
 *
 * @module
 */
export { connectNats } from './nats-broker.ts';
export type { NatsBrokerOptions } from './nats-options.ts';
