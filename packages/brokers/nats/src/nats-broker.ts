import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import {
  decodeStored,
  encodeBusMessage,
  PendingCalls,
  TopicError,
  type Broker,
  type BrokerEvents,
  type BrokerTopic,
  type BusMessage,
  type HistoryPage,
  type Join,
  type PendingLimits,
} from '@turnout/topics';
import { lostError, refusedError } from './broker-errors.ts';
import { Epochs } from './epochs.ts';
import { FirstContacts } from './first-contacts.ts';
import { HistoryStreams, isKept, type HistoryState, type KeptTopic } from './history-streams.ts';
import { IdleStreams } from './idle-streams.ts';
import { JetStreamAccess } from './jetstream-access.ts';
import { JoinedTopics } from './joined-topics.ts';
import { KeptTopics } from './kept-topics.ts';
import { Link } from './link.ts';
import { Names } from './names.ts';
import { asStoredByNode } from './outside.ts';
import { PacedCalls, type CallServer } from './paced-calls.ts';
import { PlainTopics } from './plain-topics.ts';
import { Refusals } from './refusals.ts';

export interface NatsBrokerSettings extends PendingLimits {
  readonly prefix: string;
  readonly replicas: number;
  readonly removeIdleAfter: number;
  /** Whether closing the broker closes the connection. */
  readonly ownsConnection: boolean;
}

/** How long, in ms, the server may take to answer when the broker is closed. */
const closeTimeout = 1_000;

/** Bytes of headers that the client adds to a message for JetStream. */
const headerLength = Buffer.byteLength('NATS/1.0\r\n\r\n');

/**
 * Without history: at most once over core NATS, ordered by a stream. With history: over JetStream, which republishes
 * each stored message with its offset.
 */
export class NatsBroker implements Broker {
  readonly #connection: NatsConnection;
  readonly #settings: NatsBrokerSettings;
  readonly #names: Names;
  readonly #calls: PendingCalls;
  readonly #epochs: Epochs;
  readonly #histories: HistoryStreams;
  readonly #plain: PlainTopics;
  readonly #kept: KeptTopics;
  readonly #joined: JoinedTopics;
  readonly #finds: PacedCalls;
  readonly #contacts = new FirstContacts();
  readonly #refusals = new Refusals();
  readonly #idleStreams: IdleStreams;
  readonly #link: Link;
  #events: BrokerEvents | undefined;
  #maxPayload: number;

  private constructor(connection: NatsConnection, settings: NatsBrokerSettings) {
    this.#connection = connection;
    this.#settings = settings;
    this.#calls = new PendingCalls(settings);
    const names = new Names(settings.prefix);
    const access = new JetStreamAccess(connection, settings.replicas);
    const epochs = new Epochs(access, names);
    const histories = new HistoryStreams({ access, names, epochs });
    const callServer: CallServer = (call) => this.#call(call);
    const setUps = new PacedCalls(callServer);
    const [contacts, refusals] = [this.#contacts, this.#refusals];
    const parts = { connection, access, names, epochs, histories, contacts, refusals, setUps, callServer };
    this.#finds = new PacedCalls(callServer);
    this.#names = names;
    this.#epochs = epochs;
    this.#histories = histories;
    this.#plain = new PlainTopics(parts);
    this.#kept = new KeptTopics(parts);
    this.#joined = new JoinedTopics({
      ...parts,
      events: this.#relay,
      plainSubject: (topic) => this.#plain.subject('*', topic),
      find: (topic) => this.#find(topic),
    });
    this.#idleStreams = new IdleStreams({ ...parts, after: settings.removeIdleAfter });
    this.#maxPayload = connection.info?.max_payload ?? Infinity;
    this.#link = new Link(connection, {
      onLost: (error) => this.#onLost(error),
      restore: () => this.#restore(),
      onRestored: () => this.#events?.onRestored(),
      onRefused: (error) => this.#onRefused(error),
    });
  }

  /** Rejects if something that all topics need is not available. */
  static async open(connection: NatsConnection, settings: NatsBrokerSettings): Promise<NatsBroker> {
    const broker = new NatsBroker(connection, settings);
    try {
      await broker.#call(() => broker.#plain.open());
    } catch (error) {
      await broker.close();
      throw error;
    }
    return broker;
  }

  start(events: BrokerEvents): void {
    this.#events = events;
  }

  join(joins: readonly Join[]): Promise<void> {
    return this.#link.call(() => this.#joined.join(joins));
  }

  async leave(topics: readonly BrokerTopic[]): Promise<void> {
    for (const topic of topics) this.#joined.leave(topic);
  }

  publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = this.#encode(topic, message);
    return this.#calls.hold(bytes.length, () => this.#send(topic, bytes));
  }

  tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = this.#encode(topic, message);
    return this.#send(topic, bytes);
  }

  async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    if (!isKept(topic)) throw new TypeError(`Invalid topic: expected one with history, got ${topic.name}`);
    const { position, stream } = await this.#find(topic);
    const pages = stream && (await this.#call(() => this.#histories.open(stream, since)));
    const entries = pages === null ? [] : await pages.all((next) => this.#call(next));
    const onForeign = (reason: string): void => this.#events?.onForeign(topic.name, reason);
    return { position, messages: decodeStored(entries.map(asStoredByNode), onForeign) };
  }

  async close(): Promise<void> {
    this.#link.close();
    this.#idleStreams.stop();
    this.#joined.leaveAll();
    // Waits for an answer, or for a loss to be noticed: a client that is closed while its server hangs up writes to a
    // socket whose errors nobody handles any more.
    await Promise.race([this.#connection.flush(), delay(closeTimeout, undefined, { ref: false })]).catch(() => {});
    if (this.#settings.ownsConnection) await this.#connection.close();
  }

  #call<Value>(call: () => Promise<Value>): Promise<Value> {
    return this.#calls.run(() => this.#link.call(call));
  }

  #send(topic: BrokerTopic, bytes: Buffer): Promise<void> {
    return isKept(topic) ? this.#kept.publish(topic, bytes) : this.#plain.publish(topic, bytes);
  }

  async #find(topic: KeptTopic): Promise<HistoryState> {
    const state = await this.#finds.run(() => this.#histories.look(topic));
    this.#joined.note(topic, state);
    return state;
  }

  /** @throws {TopicError} `TOPIC_ERR_TOO_LONG` */
  #encode(topic: BrokerTopic, message: BusMessage): Buffer {
    const bytes = encodeBusMessage(message);
    // While the connection is lost, the client does not know the limit.
    this.#maxPayload = this.#connection.info?.max_payload ?? this.#maxPayload;
    const length = bytes.length + (isKept(topic) ? headerLength : 0);
    if (length <= this.#maxPayload) return bytes;
    const limit = `max_payload ${this.#maxPayload} of the NATS server`;
    throw new TopicError('TOPIC_ERR_TOO_LONG', `Message too long: ${length} bytes with its head, more than ${limit}`);
  }

  #onLost(error: Error): void {
    this.#joined.onLost();
    // The client would let requests wait for their timeout.
    this.#calls.rejectAll(lostError());
    this.#events?.onLost(error);
  }

  async #restore(): Promise<void> {
    this.#contacts.forgetAll();
    this.#epochs.forget();
    this.#refusals.forget();
    // A failure is retried by the next publish.
    await this.#calls.run(() => this.#plain.open()).catch(() => {});
    await this.#joined.rejoin();
  }

  #onRefused(error: PermissionViolationError): void {
    const { subject, operation } = error;
    // The application's own operations on its connection may be refused too.
    const isOurs = this.#settings.ownsConnection || this.#names.isOurs(subject);
    if (!this.#refusals.note(error) || !isOurs) return;
    // `join()` rejects, or the joined topic reports it.
    if (operation === 'subscription' && this.#names.isJoined(subject)) return;
    this.#events?.onRefused(this.#names.topicOf(subject) ?? subject, refusedError(error));
  }

  /** Events for parts that are created before the hub listens. */
  get #relay(): BrokerEvents {
    return {
      onLost: (error) => this.#events?.onLost(error),
      onRestored: () => this.#events?.onRestored(),
      onForeign: (topic, reason) => this.#events?.onForeign(topic, reason),
      onRefused: (topic, error) => this.#events?.onRefused(topic, error),
    };
  }
}
