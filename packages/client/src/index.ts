/**
 * A WebSocket client that comes back, resumes its topics, and knows when the session has ended.
 *
 * @module
 */
export { createClient, type Address, type Client, type ClientState, type SendResult } from './client.ts';
export type { ClientOptions, ClosedEvent, Sendable, WebSocketClass, WebSocketLike } from './client-options.ts';
export type { Person, Position, SubscribeOptions, TopicHandlers } from './subscription.ts';
