import type { BrokerTopic } from './broker-topic.ts';
import type { TopicError } from './errors.ts';
import type { Position } from './position.ts';
import type { StateStore } from './state-store.ts';

export type { BrokerTopic, HistoryOptions, TopicWithHistory } from './broker-topic.ts';

/** A message on its way between nodes. */
export interface BusMessage {
  /** The node that published it. */
  readonly origin: string;
  /**
   * The node's message number on this topic, from 1, so that a missing message can be noticed. 0 if the publisher does
   * not count.
   */
  readonly sequence: number;
  /** A newer message with the same key makes this one stale; `''` for no key. */
  readonly key: string;
  readonly data: string | Buffer;
  /**
   * A mark is not delivered to anybody. On a topic without history it says that messages of its node have failed, from
   * the number in `data` up to `sequence`: a node that has not received everything published until then has a gap. In a
   * history it replaces an entry that is not Turnout's.
   */
  readonly mark?: true;
}

export interface StoredMessage {
  readonly offset: number;
  readonly message: BusMessage;
}

/** What a broker keeps of a topic. */
export interface HistoryPage {
  /** The newest message, kept or not. */
  readonly position: Position;
  /**
   * Earlier epochs of the history, each with the last offset that it has in common with the current one: a position up
   * to there is valid in both. Default: none.
   */
  readonly former?: readonly Position[];
  /** Consecutive and in order. The last one is at `position`, unless nothing is kept. */
  readonly messages: readonly StoredMessage[];
}

/** Receives each message that is published on a topic, with its position if the topic has a history. */
export type Receiver = (message: BusMessage, position: Position | null) => void;

/** A topic to join, and the receiver of its messages. */
export interface Join {
  readonly topic: BrokerTopic;
  readonly receiver: Receiver;
}

/** What a broker tells its hub. */
export interface BrokerEvents {
  /** Nothing is sent or received from now on, until `onRestored`. */
  onLost(error: unknown): void;
  /** All joined topics are joined again; what was published in between was not received. */
  onRestored(): void;
  /** A message that is not Turnout's was found on the bus and was dropped. */
  onForeign(topic: string, reason: string): void;
  /** The server does not let this node join a topic, or publish on it. */
  onRefused(topic: string, error: TopicError): void;
}

/**
 * Carries messages between nodes. It belongs to one hub. Without one, `createHub()` uses a broker for this process
 * alone.
 *
 * Its methods reject with a {@link TopicError}: `TOPIC_ERR_BROKER_LOST` only while the broker cannot be reached,
 * `TOPIC_ERR_TIMEOUT` if the outcome is unknown, `TOPIC_ERR_BROKER` if the server refuses, and `TOPIC_ERR_OPTIONS` if
 * it knows the topic with other options. No method waits for a lost broker to recover.
 */
export interface Broker {
  /** Absent if the broker keeps no states. */
  readonly states?: StateStore | undefined;
  /** Called once, before any other method. */
  start(events: BrokerEvents): void;
  /**
   * Once it resolves, each receiver is called for every publication on its topic, also after the broker was lost and
   * restored. Rejects if any topic could not be joined: the hub then tries again. Joining twice is harmless: the newer
   * receiver replaces the older one.
   */
  join(joins: readonly Join[]): Promise<void>;
  leave(topics: readonly BrokerTopic[]): Promise<void>;
  /**
   * Sends a message of the application. Resolves once the broker has it.
   *
   * @throws {TopicError} synchronously if nothing was sent: `TOPIC_ERR_BACKLOG` over `maxPendingMessages` or
   *   `maxPendingBytes`, `TOPIC_ERR_TOO_LONG` for more bytes than the server accepts
   */
  publish(topic: BrokerTopic, message: BusMessage): Promise<void>;
  /**
   * Sends a message of the hub itself. As `publish()`, but never counted against the limits on what applications
   * publish.
   */
  tell(topic: BrokerTopic, message: BusMessage): Promise<void>;
  /**
   * Reads what is kept of a topic with history. Never counted against the limits on what applications publish; writes
   * nothing.
   *
   * @param since an offset: returns the messages after it; `Infinity` for only the position
   */
  read(topic: BrokerTopic, since: number): Promise<HistoryPage>;
  close(): Promise<void>;
}
