import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import {
  decodeBusMessage,
  decodeStored,
  defaultPendingLimits,
  encodeBusMessage,
  PendingCalls,
  TopicError,
  type Broker,
  type BrokerEvents,
  type BrokerTopic,
  type BusMessage,
  type HistoryPage,
  type Join,
  type Position,
  type Receiver,
  type StoredEntry,
} from '@turnout/topics';
import { HistoryStreams, type StreamNames } from './history-streams.ts';
import { IdleStreams } from './idle-streams.ts';
import { JetStreamAccess } from './jetstream-access.ts';
import type { NatsBrokerOptions } from './nats-options.ts';
import { OnceATurn } from './once-a-turn.ts';
import { OrderStream } from './order-stream.ts';
import type { StreamPages } from './stream-pages.ts';

/** How long, in ms, the server may take to answer when the broker is closed. */
const closeTimeout = 1_000;

/** How long, in ms, one attempt to connect may take. */
const connectTimeout = 3_000;

/** In ms. */
const day = 86_400_000;

/** The longest wait, in ms, until it is tried again to connect. */
const longestWait = 2_000;

/**
 * Connects to NATS, as the broker of one hub.
 *
 * @throws {TypeError} (rejects) on a prefix that is none
 * @throws {RangeError} (rejects) on a `removeIdleAfter` that is not above 0
 * @throws {Error} (rejects) where NATS can't be reached; later it connects again by itself
 */
export async function connectNats(options: NatsBrokerOptions = {}): Promise<Broker> {
  const { servers = '127.0.0.1:4222', prefix = 'turnout', removeIdleAfter = day, client = {} } = options;
  if (!/^[\w-]+$/.test(prefix)) {
    throw new TypeError(`Invalid prefix: expected letters, digits, - and _, received ${prefix}`);
  }
  if (!(removeIdleAfter > 0)) {
    throw new RangeError(`Invalid removeIdleAfter: expected milliseconds above 0, received ${removeIdleAfter}`);
  }
  const connection = await connect({
    pingInterval: 1_000,
    maxPingOut: 2,
    timeout: connectTimeout,
    ...client,
    servers,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => Math.random() * longestWait,
  });
  const access = new JetStreamAccess(connection, options.replicas ?? 1);
  try {
    const order = await OrderStream.open(access, prefix);
    return new NatsBroker({ connection, access, order }, { ...options, prefix, removeIdleAfter });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

type Settings = NatsBrokerOptions & { readonly prefix: string; readonly removeIdleAfter: number };

interface Parts {
  readonly connection: NatsConnection;
  readonly access: JetStreamAccess;
  /** Null where there is no JetStream. */
  readonly order: OrderStream | null;
}

/** At most once over core NATS, and a stream that orders; with history JetStream, which publishes what it has stored again, with its place. */
class NatsBroker implements Broker {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #calls: PendingCalls;
  readonly #order: OrderStream | null;
  readonly #streams: HistoryStreams;
  readonly #idleStreams: IdleStreams;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Of each joined topic's stream, as it was read last: what is published again does not say it. */
  readonly #epochs = new Map<string, string>();
  #events: BrokerEvents | undefined;
  #isLost = false;
  #isClosed = false;
  /** Resolves when the server has what this connection has sent up to now. */
  readonly #flush: OnceATurn;
  /** The same of what was published. */
  readonly #flushPublished: OnceATurn;

  constructor({ connection, access, order }: Parts, options: Settings) {
    const { prefix, removeIdleAfter } = options;
    this.#prefix = prefix;
    this.#connection = connection;
    this.#order = order;
    this.#flush = new OnceATurn(() => connection.flush());
    this.#flushPublished = order === null ? this.#flush : new OnceATurn(() => order.flush());
    this.#calls = new PendingCalls({ ...defaultPendingLimits, ...options });
    this.#streams = new HistoryStreams(access);
    this.#idleStreams = new IdleStreams({
      connection,
      access,
      subjects: `${prefix}.history.*`,
      after: removeIdleAfter,
    });
    void this.#watch();
  }

  start(events: BrokerEvents): void {
    this.#events = events;
  }

  async join(joins: readonly Join[]): Promise<void> {
    await Promise.all(joins.map((join) => this.#join(join)));
    await this.#call(() => this.#flush.run());
  }

  async leave(topics: readonly BrokerTopic[]): Promise<void> {
    for (const { name } of topics) {
      this.#subscriptions.get(name)?.unsubscribe();
      this.#subscriptions.delete(name);
      this.#epochs.delete(name);
    }
  }

  publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = encodeBusMessage(message);
    return this.#calls.publish(bytes.length, () => this.#ask(() => this.#send(topic, bytes)));
  }

  tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return this.#call(() => this.#send(topic, encodeBusMessage(message)));
  }

  async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    const { position, pages } = await this.#call(() => this.#streams.open(this.#namesOf(topic), topic.history!, since));
    this.#epochs.set(topic.name, position.epoch);
    const entries = pages === null ? [] : await this.#readAll(pages, position.offset);
    return { position, messages: decodeStored(entries, (reason) => this.#events?.onForeign(topic.name, reason)) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#idleStreams.stop();
    // An answer, or the loss that is found out meanwhile: a client that is closed while its server hangs up writes to a
    // socket whose errors nobody listens to any more.
    await Promise.race([this.#connection.flush(), delay(closeTimeout, undefined, { ref: false })]).catch(() => {});
    await this.#connection.close();
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') {
        this.#isLost = true;
        // The client would let requests wait for their time limit.
        this.#calls.rejectAll(lostError());
        this.#events?.onLost(new Error('The connection to NATS was lost'));
      } else if (type === 'reconnect') {
        // Subscriptions are sent again, but the server may not have them yet.
        await this.#connection.flush().then(
          () => this.#onRestored(),
          () => {},
        );
      }
    }
  }

  async #onRestored(): Promise<void> {
    this.#streams.forget();
    // What fails is done again by who publishes.
    await this.#calls.run(async () => this.#order?.ensure()).catch(() => {});
    this.#isLost = false;
    this.#events?.onRestored();
  }

  async #join({ topic, receiver }: Join): Promise<void> {
    const subject = topic.history === null ? this.#subjectOf(topic) : this.#namesOf(topic).live;
    // What is published again has no epoch: it must be known before the first comes.
    if (topic.history !== null) await this.read(topic, Infinity);
    // The client joins it again when it was lost.
    this.#subscriptions.get(topic.name)?.unsubscribe();
    const callback = (_error: unknown, message: Msg): void => this.#receive(topic, receiver, message);
    this.#subscriptions.set(topic.name, this.#connection.subscribe(subject, { callback }));
  }

  async #send(topic: BrokerTopic, bytes: Buffer): Promise<void> {
    const { history } = topic;
    if (history !== null) return this.#streams.publish(this.#namesOf(topic), history, bytes);
    this.#connection.publish(this.#order?.subjectOf(this.#tokenOf(topic)) ?? this.#subjectOf(topic), bytes);
    return this.#flushPublished.run();
  }

  #call<Value>(call: () => Promise<Value>): Promise<Value> {
    return this.#calls.run(() => this.#ask(call));
  }

  async #ask<Value>(call: () => Promise<Value>): Promise<Value> {
    if (this.#isClosed) throw new TopicError('TOPIC_ERR_CLOSED', 'The broker is closed');
    // Else the client would keep it until it is back.
    if (this.#isLost) throw lostError();
    return call();
  }

  async #readAll(pages: StreamPages, last: number): Promise<StoredEntry[]> {
    const entries: StoredEntry[] = [];
    while ((entries.at(-1)?.offset ?? 0) < last) {
      // oxlint-disable-next-line no-await-in-loop -- a page begins where the one before it ends
      const page = await this.#call(() => pages.next());
      if (page.length === 0) break;
      entries.push(...page);
    }
    void pages.close();
    return entries;
  }

  #receive(topic: BrokerTopic, receiver: Receiver, received: Msg): void {
    // A node asks whether anybody is subscribed.
    if (received.reply) return void received.respond();
    const { data, headers } = received;
    let message: BusMessage;
    let position: Position | null = null;
    try {
      message = decodeBusMessage(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
      if (topic.history !== null) position = this.#positionOf(topic, Number(headers?.get('Nats-Sequence')));
    } catch (error) {
      return this.#events?.onForeign(topic.name, (error as Error).message);
    }
    return receiver(message, position);
  }

  /** @throws {TypeError} on what JetStream has not published */
  #positionOf({ name }: BrokerTopic, offset: number): Position {
    if (!Number.isSafeInteger(offset) || offset < 1) throw new TypeError('it has no position');
    return { epoch: this.#epochs.get(name) ?? '', offset };
  }

  /** Of names that hold anything, names that NATS takes. */
  #tokenOf({ name }: BrokerTopic): string {
    return createHash('sha256').update(name).digest('base64url');
  }

  #subjectOf(topic: BrokerTopic): string {
    return `${this.#prefix}.topic.${this.#tokenOf(topic)}`;
  }

  #namesOf(topic: BrokerTopic): StreamNames {
    const token = this.#tokenOf(topic);
    return {
      stream: `${this.#prefix}_${token}`,
      subject: `${this.#prefix}.history.${token}`,
      live: `${this.#prefix}.live.${token}`,
    };
  }
}

function lostError(): TopicError {
  return new TopicError('TOPIC_ERR_BROKER_LOST', 'NATS cannot be reached');
}
