/**
 * The messages that clients receive, for writing your own client.
 *
 * @module
 */
export type { Position } from './bus/position.ts';
export type { Subscribed, TopicMessage } from './delivery/envelope.ts';
export type { Person } from './people/person.ts';
export type { StateMessage } from './state/state-message.ts';
