import type { Position } from './position.ts';

/** A message on its way between nodes. */
export interface BusMessage {
  /** The node that has published it. */
  readonly origin: string;
  /** Counts what that node has published on the topic, from 1: what is missing shows. */
  readonly sequence: number;
  /** What a newer message with the same key makes stale; `''` for none. */
  readonly key: string;
  readonly data: string | Buffer;
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

/** What a broker tells its hub. */
export interface BrokerEvents {
  /** Nothing comes and goes from now on, until `onRestored`. */
  onLost(error: unknown): void;
  /** All joined topics are joined again; what was published meanwhile has not come. */
  onRestored(): void;
  /** Something that is none of our messages stood on the bus, and was dropped. */
  onForeign(topic: string, reason: string): void;
}

/**
 * What carries messages between nodes. It belongs to one hub. `createHub()` without one has one of this process alone.
 *
 * What its methods return rejects while the broker can't be reached; none waits until it can.
 */
export interface Broker {
  /** Called once, before all else. */
  start(events: BrokerEvents): void;
  /** From when it resolves, `receiver` is called for all that is published; also after the broker was lost and is back. */
  join(topic: BrokerTopic, receiver: Receiver): Promise<void>;
  leave(topic: BrokerTopic): Promise<void>;
  /** Resolves when the broker has the message. */
  publish(topic: BrokerTopic, message: BusMessage): Promise<void>;
  /**
   * What is kept of a topic with history.
   *
   * @param since an offset: messages after it; `Infinity` for the position alone
   */
  read(topic: BrokerTopic, since: number): Promise<HistoryPage>;
  close(): Promise<void>;
}
