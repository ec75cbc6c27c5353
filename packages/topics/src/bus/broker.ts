import type { TopicError } from './errors.ts';
import type { Position } from './position.ts';

/** A message on its way between nodes. */
export interface BusMessage {
  /** The node that has published it. */
  readonly origin: string;
  /**
   * Counts what that node has published on the topic, from 1: what is missing shows. 0 for a publisher that does not
   * count.
   */
  readonly sequence: number;
  /** What a newer message with the same key makes stale; `''` for none. */
  readonly key: string;
  readonly data: string | Buffer;
  /**
   * Delivered to nobody. Without a history it says that messages of its node have failed, from the number that `data`
   * holds to `sequence`: who has not received what was published until then misses it. In a history it takes the place
   * of an entry that is not Turnout's.
   */
  readonly mark?: true;
}

/** How much of a topic is kept. */
export interface HistoryOptions {
  /** Messages. */
  readonly size: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** A topic as a broker knows it. */
export interface BrokerTopic {
  readonly name: string;
  readonly history: HistoryOptions | null;
}

export interface StoredMessage {
  readonly offset: number;
  readonly message: BusMessage;
}

/** What a broker keeps of a topic. */
export interface HistoryPage {
  /** The newest message, kept or not. */
  readonly position: Position;
  /** In order, without one missing between them. They end at `position`, unless nothing is kept. */
  readonly messages: readonly StoredMessage[];
}

/** Is given what is published on a topic; the position where it has a history. */
export type Receiver = (message: BusMessage, position: Position | null) => void;

/** A topic to join, and who receives its messages. */
export interface Join {
  readonly topic: BrokerTopic;
  readonly receiver: Receiver;
}

/** What a broker tells its hub. */
export interface BrokerEvents {
  /** Nothing comes and goes from now on, until `onRestored`. */
  onLost(error: unknown): void;
  /** All joined topics are joined again; what was published meanwhile has not come. */
  onRestored(): void;
  /** A message that is not Turnout's was found on the bus, and was dropped. */
  onForeign(topic: string, reason: string): void;
  /** The server does not let this node join a topic, or publish on it. */
  onRefused(topic: string, error: TopicError): void;
}

/**
 * What carries messages between nodes. It belongs to one hub. `createHub()` without one has one of this process alone.
 *
 * Its methods reject with a {@link TopicError} of the code that fits: `TOPIC_ERR_BROKER_LOST` only while the broker
 * cannot be reached, `TOPIC_ERR_TIMEOUT` where the outcome is unknown, `TOPIC_ERR_BROKER` where the server has refused,
 * and `TOPIC_ERR_OPTIONS` where it knows the topic with other options. None waits for a lost broker to come back.
 */
export interface Broker {
  /** Called once, before all else. */
  start(events: BrokerEvents): void;
  /**
   * Once it resolves, each receiver is called for all that is published on its topic; also after the broker was lost
   * and is back. Rejects where any topic is not joined: the hub then tries again. Joining twice is harmless: the newer
   * receiver counts.
   */
  join(joins: readonly Join[]): Promise<void>;
  leave(topics: readonly BrokerTopic[]): Promise<void>;
  /**
   * Sends a message of the application. Resolves when the broker has it.
   *
   * @throws {TopicError} at once where nothing was sent: `TOPIC_ERR_BACKLOG` over `maxPendingMessages` or
   *   `maxPendingBytes`, `TOPIC_ERR_TOO_LONG` for more bytes than the server takes
   */
  publish(topic: BrokerTopic, message: BusMessage): Promise<void>;
  /**
   * Sends a message of the hub itself. As `publish()`, but never counted against the limits of what applications
   * publish.
   */
  tell(topic: BrokerTopic, message: BusMessage): Promise<void>;
  /**
   * What is kept of a topic with history. Never counted against the limits of what applications publish, and writes
   * nothing.
   *
   * @param since an offset: messages after it; `Infinity` for the position alone
   */
  read(topic: BrokerTopic, since: number): Promise<HistoryPage>;
  close(): Promise<void>;
}
