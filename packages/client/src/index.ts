/**
 * A WebSocket client that reconnects, resumes its topics, and knows when the session has ended.
 *
 * @module
 */
export { createClient, type Client, type SendResult } from './client.ts';
export type {
  Address,
  ClientOptions,
  ClosedEvent,
  FailedEvent,
  Sendable,
  WebSocketClass,
  WebSocketLike,
} from './client-options.ts';
export type { LiveState, StateStatus } from './live-state.ts';
export type { ClientStatus } from './machine.ts';
export type { SubscribeOptions, Subscription, TopicHandlers } from './topic-handlers.ts';
export type { Person, Position } from './topic-message.ts';
