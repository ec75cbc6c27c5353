/**
 * What clients are sent, for clients of your own.
 *
 * @module
 */
export type { Position } from './bus/position.ts';
export type { Subscribed, TopicMessage } from './delivery/envelope.ts';
export type { Person } from './people/person.ts';
