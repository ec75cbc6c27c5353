import { randomUUID } from 'node:crypto';
import { decodeBusMessage, type BrokerTopic, type BusMessage, type Join, type Position } from '@turnout/topics';
import { hashSlot } from './hash-slot.ts';
import { isJson, isOptionsQuestion, isWakeUp, outsideMessage } from './outside-message.ts';
import { messageOf } from './redis-errors.ts';
import { isKept, type KeptTopic } from './redis-history.ts';
import type { RedisNames } from './redis-names.ts';

export interface SubscriptionEvents {
  onForeign(topic: string, reason: string): void;
  /** Another program says that the inbox of a topic contains messages. */
  onInbox(topic: KeptTopic): void;
  /** Another node asks who uses the options of a history. */
  onOptionsQuestion(topic: KeptTopic): void;
}

/** The topics to subscribe to, and the messages on their channels. */
export class RedisSubscriptions {
  readonly #events: SubscriptionEvents;
  readonly #joins = new Map<string, Join>();
  /** Joined topics that had the options of this node when they were first read. */
  readonly #settled = new Set<string>();
  /** Set before the first subscription. */
  names: RedisNames | undefined;

  constructor(events: SubscriptionEvents) {
    this.#events = events;
  }

  add(joins: readonly Join[]): void {
    for (const join of joins) this.#joins.set(join.topic.name, join);
  }

  remove(topics: readonly BrokerTopic[]): void {
    for (const { name } of topics) {
      this.#joins.delete(name);
      this.#settled.delete(name);
    }
  }

  has(topic: BrokerTopic): boolean {
    return this.#joins.has(topic.name);
  }

  settle({ name }: BrokerTopic): void {
    if (this.#joins.has(name)) this.#settled.add(name);
  }

  isSettled({ name }: BrokerTopic): boolean {
    return this.#settled.has(name);
  }

  /** In the order in which they were joined, including those joined during the iteration. */
  *topics(): Iterable<BrokerTopic> {
    for (const { topic } of this.#joins.values()) yield topic;
  }

  /** The topics whose channels are in these slots. */
  inSlots(slots: ReadonlySet<number>): BrokerTopic[] {
    const { names } = this;
    return [...this.topics()].filter((topic) => names !== undefined && slots.has(hashSlot(names.channel(topic))));
  }

  /** Makes a topic without history announce a gap. */
  miss(topic: BrokerTopic): void {
    const missed: BusMessage = { origin: `missed.${randomUUID()}`, sequence: 1, key: '', data: '', mark: true };
    if (topic.history === null) this.#joins.get(topic.name)?.receiver(missed, null);
  }

  /** Takes a message from a channel. */
  receive(channel: string, bytes: Buffer): void {
    const name = this.names?.topicOf(channel) ?? '';
    const join = this.#joins.get(name);
    if (join === undefined) return;
    const { topic, receiver } = join;
    let received: Received | undefined;
    try {
      received = isKept(topic) ? this.#readKept(topic, bytes) : readPlain(bytes);
    } catch (error) {
      return this.#events.onForeign(name, messageOf(error));
    }
    if (received !== undefined) receiver(received.message, received.position);
  }

  #readKept(topic: KeptTopic, bytes: Buffer): Received | undefined {
    if (isWakeUp(bytes)) {
      this.#events.onInbox(topic);
      return undefined;
    }
    if (isOptionsQuestion(bytes)) {
      this.#events.onOptionsQuestion(topic);
      return undefined;
    }
    const start = bytes.indexOf(':', bytes.indexOf(':') + 1) + 1;
    const position = readPosition(bytes.toString('latin1', 0, start));
    return { message: decodeBusMessage(bytes.subarray(start)), position };
  }
}

interface Received {
  readonly message: BusMessage;
  readonly position: Position | null;
}

function readPlain(bytes: Buffer): Received {
  return { message: isJson(bytes) ? outsideMessage(bytes) : decodeBusMessage(bytes), position: null };
}

/** @throws {TypeError} if the text is not a position */
function readPosition(text: string): Position {
  const [, epoch, offset] = /^([\w.-]+):(\d{1,16}):$/.exec(text) ?? [];
  if (epoch === undefined) throw new TypeError('message without a position');
  return { epoch, offset: Number(offset) };
}
