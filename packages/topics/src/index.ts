/**
 * Topics: publish and subscribe over accepted WebSockets, with a policy for slow subscribers, presence, history and
 * resume, on one process or, with a broker, on many machines.
 *
 * @module
 */
export type {
  Broker,
  BrokerEvents,
  BrokerTopic,
  BusMessage,
  HistoryOptions,
  HistoryPage,
  Receiver,
  StoredMessage,
} from './broker.ts';
export type { PublishOptions, SubscribeOptions, UnsubscribeOptions } from './call-options.ts';
export { decodeBusMessage, decodeStored, encodeBusMessage, type StoredEntry } from './bus-message.ts';
export type { Subscribed, TopicMessage } from './envelope.ts';
export { TopicError, type TopicErrorCode } from './errors.ts';
export { createHub, type Hub, type HubEvents, type HubOptions } from './hub.ts';
export type { HubCounts } from './hub-counts.ts';
export { MemoryBroker, MemoryBus } from './memory-broker.ts';
export { defaultPendingLimits, PendingCalls, type PendingLimits } from './pending-calls.ts';
export type { Person } from './person.ts';
export { parsePosition, type Position } from './position.ts';
export type { Admit, Admitted } from './topic-commands.ts';
export type { Topic, TopicCounts, TopicEvents } from './topic.ts';
export type { SlowPolicy, TopicOptions } from './topic-options.ts';
