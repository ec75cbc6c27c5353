import type { NatsConnection } from '@nats-io/transport-node';
import type { BrokerTopic } from '@turnout/topics';
import { optionsError } from './broker-errors.ts';
import { assertSameOptions, type FirstContacts } from './first-contacts.ts';
import type { HistoryStreams } from './history-streams.ts';
import type { JetStreamAccess } from './jetstream-access.ts';
import type { Names, SubjectKind } from './names.ts';
import { OnceATurn } from './once-a-turn.ts';
import { OrderStream } from './order-stream.ts';
import type { CallServer, PacedCalls } from './paced-calls.ts';
import type { Refusals } from './refusals.ts';

export interface PlainTopicsParts {
  readonly connection: NatsConnection;
  readonly access: JetStreamAccess;
  readonly names: Names;
  readonly histories: HistoryStreams;
  readonly contacts: FirstContacts;
  readonly refusals: Refusals;
  readonly setUps: PacedCalls;
  readonly callServer: CallServer;
}

/** Topics without history: core NATS, and a stream that orders them if there is JetStream. */
export class PlainTopics {
  readonly #parts: PlainTopicsParts;
  /** Null if there is no JetStream. */
  #order: OrderStream | null = null;
  /** Resolves once the server has received everything this connection has sent. */
  readonly #flush: OnceATurn;
  /** Resolves once the ordering stream, or without one the server, has received every publication. */
  readonly #flushPublished: OnceATurn;

  constructor(parts: PlainTopicsParts) {
    this.#parts = parts;
    this.#flush = new OnceATurn(() => parts.connection.flush());
    this.#flushPublished = new OnceATurn(() => this.#order?.flush() ?? parts.connection.flush());
  }

  /** Detects JetStream and creates the stream that orders. Once JetStream was found, it is always expected. */
  async open(): Promise<void> {
    const { access, names } = this.#parts;
    if (this.#order === null) this.#order = await OrderStream.open(access, names);
    else await this.#order.ensure();
  }

  /** The subject on which a topic's publications arrive. */
  subject(kind: SubjectKind, topic: string): string {
    const { names } = this.#parts;
    return this.#order === null ? names.publish(kind, topic) : names.live(kind, topic);
  }

  publish(topic: BrokerTopic, bytes: Buffer): Promise<void> {
    const { names, contacts, refusals, setUps, callServer } = this.#parts;
    const subject = names.publish('node', topic.name);
    const send = (): Promise<void> => callServer(() => this.#send(subject, bytes));
    // Internal topics of hubs have no options that could differ.
    if (isInternal(topic)) return send();
    let isFirst = false;
    const contact = async (): Promise<void> => {
      isFirst = true;
      await setUps.run(() => this.#assertOptions(topic));
      await refusals.watch(subject, async () => {
        await send();
        // The server reports a refusal before it answers this flush.
        await callServer(() => this.#flush.run());
      });
    };
    return contacts.once(topic.name, contact).then(() => (isFirst ? undefined : send()));
  }

  #send(subject: string, bytes: Buffer): Promise<void> {
    this.#parts.connection.publish(subject, bytes);
    return this.#flushPublished.run();
  }

  async #assertOptions(topic: BrokerTopic): Promise<void> {
    const { connection, histories } = this.#parts;
    const [there] = await Promise.all([
      this.#order === null ? null : histories.optionsOf(topic.name),
      assertSameOptions(connection, this.subject('ask', topic.name), topic),
    ]);
    if (there !== null) throw optionsError(topic.name, { here: null, there, where: 'its stream' });
  }
}

/** Whether a topic is internal to hubs: names given by applications contain no control characters. */
export function isInternal({ name }: BrokerTopic): boolean {
  return name.startsWith('\u0000');
}
