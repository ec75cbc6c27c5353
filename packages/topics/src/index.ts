/**
 * Topics: publish and subscribe over accepted WebSockets, with a policy for slow subscribers, presence, history and
 * resume, in one process or, with a broker, on many machines.
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
  Join,
  Receiver,
  StoredMessage,
} from './bus/broker.ts';
export type { PublishOptions, SubscribeOptions, UnsubscribeOptions } from './delivery/call-options.ts';
export { decodeBusMessage, decodeStored, encodeBusMessage, type StoredEntry } from './bus/bus-message.ts';
export type { Subscribed, TopicMessage } from './delivery/envelope.ts';
export { TopicError, type TopicErrorCode } from './bus/errors.ts';
export { createHub, type Hub } from './hub.ts';
export type { HubEvents, HubOptions } from './hub-options.ts';
export type { HubCounts } from './feed/hub-counts.ts';
export { MemoryBroker, MemoryBus } from './bus/memory-broker.ts';
export { PendingCalls, pendingOptions, type PendingLimits } from './bus/pending-calls.ts';
export type { Person } from './people/person.ts';
export { parsePosition, type Position } from './bus/position.ts';
export type { Admit, Admitted, AdmittedToState } from './topic-commands.ts';
export type { TopicCounts } from './delivery/audience.ts';
export type { IncrementOptions, KeyFilter, SetOptions, StateSubscribeOptions } from './state/state-calls.ts';
export type { StateContents, StateOptions } from './state/state-options.ts';
export type { StateMessage } from './state/state-message.ts';
export type { State } from './state/state.ts';
export type * from './bus/state-store.ts';
export type { Topic } from './topic.ts';
export type { TopicEvents } from './topic-events.ts';
export type { PresenceOptions, SlowPolicy, TopicOptions } from './delivery/topic-options.ts';
