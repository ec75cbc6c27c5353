import { setTimeout as delay } from 'node:timers/promises';
import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { BrokerEvents } from '@turnout/topics';
import type { HistoryStreams, KeptTopic } from './history-streams.ts';
import type { Names } from './names.ts';
import type { PacedCalls } from './paced-calls.ts';
import type { StreamEntry } from './stream-pages.ts';

export interface StandInParts {
  readonly connection: NatsConnection;
  readonly names: Names;
  readonly histories: HistoryStreams;
  readonly setUps: PacedCalls;
  readonly events: BrokerEvents;
}

/** How long, in ms, a message may take to reach its stream. */
const storeTime = 250;

/**
 * Subscribes in place of the stream of a history until it exists: otherwise nobody would receive what another program
 * publishes there. One of the nodes that do this creates the stream, and stores the message in it.
 */
export class StandIn {
  readonly #topic: KeptTopic;
  readonly #parts: StandInParts;
  readonly #subscription: Subscription;
  #waiting: Msg[] = [];
  #state: 'idle' | 'moving' = 'idle';

  constructor(topic: KeptTopic, parts: StandInParts) {
    this.#topic = topic;
    this.#parts = parts;
    this.#subscription = parts.connection.subscribe(parts.names.store('json', topic.name), {
      // Each message goes to one node.
      queue: parts.names.prefix,
      callback: (error, message) => {
        if (error === null) this.#receive(message);
      },
    });
  }

  end(): void {
    this.#subscription.unsubscribe();
  }

  #receive(message: Msg): void {
    this.#waiting.push(message);
    if (this.#state === 'idle') void this.#moveAll();
  }

  async #moveAll(): Promise<void> {
    this.#state = 'moving';
    while (this.#waiting.length > 0) {
      const messages = this.#waiting;
      this.#waiting = [];
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      await this.#move(messages).catch((error: unknown) => this.#onFailed(messages, error));
    }
    this.#state = 'idle';
  }

  async #move(messages: readonly Msg[]): Promise<void> {
    const { histories, setUps } = this.#parts;
    const { stream } = await setUps.run(() => histories.find(this.#topic));
    if (stream === null) {
      await setUps.run(() => histories.ensure(this.#topic));
      return this.#publish(messages);
    }
    // The stream was created while the messages arrived: it received some of them as well, and others came before it.
    await delay(storeTime, undefined, { ref: false });
    const stored = await this.#readWhole();
    // Better never than twice.
    if (stored === null) throw new Error('its stream has dropped messages already');
    const known = new Set(stored.map(({ bytes }) => bytes.toString('base64')));
    return this.#publish(messages.filter(({ data }) => !known.has(Buffer.from(data).toString('base64'))));
  }

  #publish(messages: readonly Msg[]): void {
    for (const { subject, data, headers, reply } of messages) {
      this.#parts.connection.publish(subject, data, { ...(headers && { headers }), ...(reply && { reply }) });
    }
  }

  /** Null if the stream no longer holds its first messages. */
  async #readWhole(): Promise<StreamEntry[] | null> {
    const { histories } = this.#parts;
    const { stream } = await histories.find(this.#topic);
    if (stream === null || stream.state.first_seq > 1) return null;
    const pages = await histories.open(stream, 0);
    return pages === null ? [] : pages.all((next) => next());
  }

  #onFailed(messages: readonly Msg[], error: unknown): void {
    const reason = `another program's message may not have been stored: ${String(error)}`;
    for (const _ of messages) this.#parts.events.onForeign(this.#topic.name, reason);
  }
}
