/**
 * For implementing a broker: the interface that the hub uses, the format of messages on the bus, and the limits on
 * messages in flight.
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
export { decodeBusMessage, decodeStored, encodeBusMessage, type StoredEntry } from './bus/bus-message.ts';
export { CallQueue } from './bus/call-queue.ts';
export { TopicError, type TopicErrorCode } from './bus/errors.ts';
export { MemoryBroker, MemoryBus } from './bus/memory-broker.ts';
export { PendingCalls, pendingOptions, type PendingLimits } from './bus/pending-calls.ts';
export { parsePosition, type Position } from './bus/position.ts';
export { decodeStateNews, encodeStateNews, type StateNews } from './bus/state-news.ts';
export type * from './bus/state-store.ts';
