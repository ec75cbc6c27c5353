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
import { isJsonSubject, type Names } from './names.ts';
import { asStoredByNode, decodeOutside } from './outside.ts';
import { isInternal } from './plain-topics.ts';
import type { StreamEntry } from './stream-pages.ts';

export interface IncomingParts {
  readonly names: Names;
  readonly events: BrokerEvents;
}

/** Tells apart what arrives on the subject of one topic, and passes messages to its receiver. */
export class Incoming {
  readonly #topic: BrokerTopic;
  readonly #parts: IncomingParts;
  /** The stream of the topic's history; undefined without history. */
  readonly #stream: string | undefined;
  receiver: Receiver;
  /** The epoch of the history when it was last read: republished messages do not contain it. */
  epoch = '';
  /** How many messages of other programs have arrived. */
  #fromOutside = 0;
  #isConflictTold = false;

  constructor(topic: BrokerTopic, receiver: Receiver, parts: IncomingParts) {
    this.#topic = topic;
    this.receiver = receiver;
    this.#parts = parts;
    this.#stream = topic.history === null ? undefined : parts.names.stream(topic.name);
  }

  take({ subject, data, headers }: Msg): void {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const stream = headers?.get('Nats-Stream') ?? '';
    const isPlain = stream === '' || stream === this.#parts.names.orderStream;
    if (isPlain) this.#takePlain(subject, bytes);
    else if (stream === this.#stream)
      this.#takeStored({ offset: Number(headers?.get('Nats-Sequence')), subject, bytes });
    else this.#onConflict('it was stored in a history, which the topic does not have on this node');
  }

  #takePlain(subject: string, bytes: Buffer): void {
    const message = this.#decode(subject, bytes);
    if (message === undefined) return;
    if (this.#stream === undefined) this.receiver(message, null);
    else this.#onConflict('it was published without a history, which the topic has on this node');
  }

  #takeStored(entry: StreamEntry): void {
    if (!Number.isSafeInteger(entry.offset) || entry.offset < 1) return this.#onForeign('message without a position');
    for (const { offset, message } of decodeStored([asStoredByNode(entry)], (reason) => this.#onForeign(reason))) {
      this.receiver(message, { epoch: this.epoch, offset });
    }
  }

  #decode(subject: string, bytes: Buffer): BusMessage | undefined {
    try {
      if (!isJsonSubject(subject)) return decodeBusMessage(bytes);
      if (isInternal(this.#topic)) throw new TypeError('message of another program to what nodes tell each other');
      return decodeOutside(bytes, () => ++this.#fromOutside);
    } catch (error) {
      this.#onForeign((error as Error).message);
      return undefined;
    }
  }

  #onForeign(reason: string): void {
    this.#parts.events.onForeign(this.#topic.name, reason);
  }

  /** Other nodes, or the server, have the topic with other options. Reports that once. */
  tellConflict(error: TopicError): void {
    if (this.#isConflictTold) return;
    this.#isConflictTold = true;
    this.#parts.events.onRefused(this.#topic.name, error);
  }

  #onConflict(reason: string): void {
    this.#onForeign(reason);
    const message = `Invalid options of topic ${this.#topic.name}: another node has others. A message was dropped: ${reason}`;
    this.tellConflict(new TopicError('TOPIC_ERR_OPTIONS', message));
  }
}
