import type { Msg } from '@nats-io/transport-node';
import {
  decodeBusMessage,
  decodeStored,
  TopicError,
  type BrokerEvents,
  type BrokerTopic,
  type BusMessage,
  type Receiver,
} from '@turnout/topics';
import type { Names } from './names.ts';
import { asStoredByNode, decodeMessage } from './outside.ts';
import { isInternal } from './plain-topics.ts';

export interface IncomingParts {
  readonly names: Names;
  readonly events: BrokerEvents;
}

/** Tells what comes on the subject of one topic apart, and gives its receiver what is a message. */
export class Incoming {
  readonly #topic: BrokerTopic;
  readonly #parts: IncomingParts;
  /** Of its history; undefined where it has none. */
  readonly #stream: string | undefined;
  receiver: Receiver;
  /** Of its history as it was read last: what is published again does not say it. */
  epoch = '';
  /** How many messages of other programs have come. */
  #fromOutside = 0;
  #isConflictTold = false;

  constructor(topic: BrokerTopic, receiver: Receiver, parts: IncomingParts) {
    this.#topic = topic;
    this.receiver = receiver;
    this.#parts = parts;
    this.#stream = topic.history === null ? undefined : parts.names.stream(topic.name);
  }

  take({ data, headers }: Msg): void {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const stream = headers?.get('Nats-Stream') ?? '';
    const isPlain = stream === '' || stream === this.#parts.names.orderStream;
    if (isPlain) this.#takePlain(bytes);
    else if (stream === this.#stream) this.#takeStored(Number(headers?.get('Nats-Sequence')), bytes);
    else this.#onConflict('it was stored in a history, which the topic does not have on this node');
  }

  #takePlain(bytes: Buffer): void {
    const message = this.#decode(bytes);
    if (message === undefined) return;
    if (this.#stream === undefined) this.receiver(message, null);
    else this.#onConflict('it was published without a history, which the topic has on this node');
  }

  #takeStored(offset: number, bytes: Buffer): void {
    const entry = asStoredByNode({ offset, bytes });
    for (const { message } of decodeStored([entry], (reason) => this.#onForeign(reason))) {
      this.receiver(message, { epoch: this.epoch, offset });
    }
  }

  #decode(bytes: Buffer): BusMessage | undefined {
    try {
      // Only nodes say what the hub is told.
      return isInternal(this.#topic) ? decodeBusMessage(bytes) : decodeMessage(bytes, () => ++this.#fromOutside);
    } catch (error) {
      this.#onForeign((error as Error).message);
      return undefined;
    }
  }

  #onForeign(reason: string): void {
    this.#parts.events.onForeign(this.#topic.name, reason);
  }

  /** Another node has the topic with other options. */
  #onConflict(reason: string): void {
    this.#onForeign(reason);
    if (this.#isConflictTold) return;
    this.#isConflictTold = true;
    const { name } = this.#topic;
    const message = `Invalid options of topic ${name}: another node has others. A message was dropped: ${reason}`;
    this.#parts.events.onRefused(name, new TopicError('TOPIC_ERR_OPTIONS', message));
  }
}
