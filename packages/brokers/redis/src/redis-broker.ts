import { resolveOptions } from '@turnout/core/options';
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
  type TopicErrorCode,
} from '@turnout/topics';
import { connectBy } from './connect-server.ts';
import { HistoryInboxes } from './history-inboxes.ts';
import { inTime } from './in-time.ts';
import { KnownPositions } from './known-positions.ts';
import { readAfter } from './read-history.ts';
import type { RedisConnections } from './redis-connections.ts';
import { isLoss, lostError, toTopicError } from './redis-errors.ts';
import { isKept, isUnsettled, RedisHistory, type KeptTopic, type RedisPage } from './redis-history.ts';
import { RedisLink, type LinkEvents } from './redis-link.ts';
import { redisOptions, type RedisBrokerOptions } from './redis-options.ts';
import { RedisSubscriptions } from './redis-subscriptions.ts';
import { resubscribe } from './resubscribe.ts';
import { assertSameKind, TopicContacts } from './topic-contacts.ts';

/** The most bytes that Redis accepts in a message by default: it closes the connection for a longer one. */
const maxMessageBytes = 512 * 1024 * 1024 - 64 * 1024;

const foreignEntry = 'entry of the Stream that is not Turnout’s';

/**
 * Connects to Redis as the broker of one hub.
 *
 * @throws {TypeError | RangeError} (rejects) on an invalid option, and on options that name more than one way to
 *   connect
 * @throws {TopicError | Error} (rejects) if Redis cannot be reached, or is not a master; after a later loss the broker
 *   reconnects by itself
 */
export async function connectRedis(options?: RedisBrokerOptions): Promise<Broker> {
  const broker = new RedisBroker(options);
  await broker.connect();
  return broker;
}

/** Pub/sub, at most once; with history also a Stream, from which messages that pub/sub lost are read. */
class RedisBroker implements Broker {
  readonly #timeout: number;
  readonly #pongTimeout: number;
  readonly #calls: PendingCalls;
  readonly #link: RedisLink;
  readonly #subscriptions: RedisSubscriptions;
  readonly #contacts = new TopicContacts();
  readonly #known = new KnownPositions();
  readonly #inboxes: HistoryInboxes;
  /** Topics whose refusal was reported. */
  readonly #refused = new Set<string>();
  #events: BrokerEvents | undefined;

  constructor(given: RedisBrokerOptions | undefined) {
    const options = resolveOptions(redisOptions, given);
    const { prefix, pingInterval, pongTimeout } = options;
    this.#timeout = options.timeout;
    this.#pongTimeout = pongTimeout;
    this.#calls = new PendingCalls(options);
    this.#inboxes = new HistoryInboxes({
      onHistory: (topic, use) => this.#onHistory(topic, use),
      onForeign: (topic, reason, count) => this.#onForeign(topic, reason, count),
      onFailed: (topic, error) => this.#onRefused(topic, error),
    });
    this.#subscriptions = new RedisSubscriptions({
      onForeign: (topic, reason) => this.#onForeign(topic, reason),
      onInbox: (topic) => void this.#inboxes.empty(topic),
      onOptionsQuestion: (topic) => void this.#onHistory(topic, (history) => history.use(topic)).catch(() => {}),
    });
    this.#link = new RedisLink(connectBy(options), { prefix, pingInterval, pongTimeout }, this.#linkEvents());
  }

  connect(): Promise<void> {
    return this.#link.connect();
  }

  start(events: BrokerEvents): void {
    this.#events = events;
  }

  async join(joins: readonly Join[]): Promise<void> {
    this.#subscriptions.add(joins);
    const topics = joins.map(({ topic }) => topic);
    await this.#calls.run(() =>
      this.#ask(nameOf(topics), async (connections) => {
        await assertSameKind(connections, topics);
        await connections.subscribe(topics.map((topic) => connections.names.channel(topic)));
      }),
    );
  }

  async leave(topics: readonly BrokerTopic[]): Promise<void> {
    this.#subscriptions.remove(topics);
    await this.#calls.run(() =>
      this.#ask(nameOf(topics), (connections) =>
        connections.unsubscribe(topics.map((topic) => connections.names.channel(topic))),
      ),
    );
  }

  publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = encodeBusMessage(message);
    if (bytes.length > maxMessageBytes) {
      const limit = `Redis takes ${maxMessageBytes} bytes, got ${bytes.length}`;
      throw new TopicError('TOPIC_ERR_TOO_LONG', `Cannot publish on topic ${topic.name}: ${limit}`);
    }
    return this.#calls.publish(bytes.length, () =>
      this.#ask(topic.name, async (connections) => {
        await this.#contacts.check(connections, topic, () => this.#settle(connections, topic));
        return this.#send(connections, topic, bytes);
      }),
    );
  }

  async tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = encodeBusMessage(message);
    try {
      await this.#calls.run(() => this.#ask(topic.name, (connections) => this.#send(connections, topic, bytes)));
    } catch (error) {
      this.#onRefused(topic.name, error);
      throw error;
    }
  }

  async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    if (!isKept(topic)) throw new TypeError(`Cannot read topic ${topic.name}: it has no history`);
    const { position, former, entries, foreign } = await readAfter(since, (after) => this.#readPage(topic, after));
    if (foreign > 0) void this.#repair(topic);
    if (since === Infinity) void this.#inboxes.empty(topic);
    const messages = decodeStored(entries, (reason) => this.#onForeign(topic.name, reason));
    return { position, messages, ...(former.length > 0 && { former }) };
  }

  close(): Promise<void> {
    return this.#link.close(this.#timeout);
  }

  #linkEvents(): LinkEvents {
    return {
      onMessage: (bytes, channel) => this.#subscriptions.receive(channel.toString(), bytes),
      onMoved: (slots) => void this.#onMoved(slots),
      onLost: (error) => this.#events?.onLost(error),
      prepare: (connections) => this.#prepare(connections),
      // On the first connection the hub ignores this, as the broker was not lost.
      onConnected: () => this.#events?.onRestored(),
    };
  }

  async #prepare(connections: RedisConnections): Promise<void> {
    this.#contacts.clear();
    this.#refused.clear();
    this.#subscriptions.names = connections.names;
    await inTime(new RedisHistory(connections, this.#known).begin(), this.#pongTimeout);
    await this.#resubscribe(connections, this.#subscriptions.topics());
  }

  #resubscribe(connections: RedisConnections, topics: Iterable<BrokerTopic>): Promise<void> {
    return resubscribe(connections, topics, {
      timeout: this.#pongTimeout,
      onRefused: (topic, error) => this.#onRefused(topic, error),
    });
  }

  /** Slots have another master: missed messages are read from histories, and are a gap on other topics. */
  async #onMoved(slots: ReadonlySet<number>): Promise<void> {
    const { current } = this.#link;
    if (current === undefined) return;
    const topics = this.#subscriptions.inSlots(slots);
    try {
      await this.#resubscribe(current, topics);
      for (const topic of topics) this.#subscriptions.miss(topic);
    } catch (error) {
      this.#link.fail(current, error);
    }
  }

  async #send(connections: RedisConnections, topic: BrokerTopic, bytes: Buffer): Promise<void> {
    if (!isKept(topic)) return connections.publish(connections.names.channel(topic), bytes);
    const history = new RedisHistory(connections, this.#known);
    const foreign = await history.publish(topic, bytes);
    this.#onForeign(topic.name, foreignEntry, foreign);
  }

  /** Settles a topic before a publish, which may precede the node's subscription. */
  async #settle(connections: RedisConnections, topic: BrokerTopic): Promise<void> {
    if (!isKept(topic)) return;
    await new RedisHistory(connections, this.#known).settle(topic, 0, this.#subscriptions.has(topic));
  }

  async #readPage(topic: KeptTopic, after: number): Promise<RedisPage> {
    try {
      const page = await this.#onHistory(topic, (history) => this.#readOwn(history, topic, after));
      this.#subscriptions.settle(topic);
      return page;
    } catch (error) {
      if (!hasCode(error, 'TOPIC_ERR_OPTIONS')) throw error;
      this.#tellRefused(topic.name, error);
      // Subscribers that were there before the others go on with what is kept.
      if (!this.#subscriptions.isSettled(topic)) throw error;
      return this.#onHistory(topic, (history) => history.read(topic, after, 'any'));
    }
  }

  /** Reads a history if it has this node's options, or may be given them. */
  async #readOwn(history: RedisHistory, topic: KeptTopic, after: number): Promise<RedisPage> {
    const isJoined = this.#subscriptions.has(topic);
    try {
      return await history.read(topic, after, 'own');
    } catch (error) {
      if (!isUnsettled(error)) throw error;
    }
    await history.settle(topic, isJoined ? 1 : 0, isJoined);
    return history.read(topic, after, 'own');
  }

  async #repair(topic: KeptTopic): Promise<void> {
    try {
      this.#onForeign(topic.name, foreignEntry, await this.#onHistory(topic, (history) => history.repair(topic)));
    } catch (error) {
      this.#onRefused(topic.name, error);
    }
  }

  #onHistory<Value>(topic: BrokerTopic, use: (history: RedisHistory) => Promise<Value>): Promise<Value> {
    return this.#calls.run(() =>
      this.#ask(topic.name, (connections) => use(new RedisHistory(connections, this.#known))),
    );
  }

  async #ask<Value>(topic: string, call: (connections: RedisConnections) => Promise<Value>): Promise<Value> {
    const { connections } = this.#link;
    try {
      return await call(connections);
    } catch (error) {
      if (isLoss(error)) this.#link.fail(connections, error);
      // A call that fails together with its connection counts as lost.
      throw this.#link.current === connections ? toTopicError(error, topic) : lostError(error);
    }
  }

  #onRefused(topic: string, error: unknown): void {
    if (hasCode(error, 'TOPIC_ERR_BROKER')) this.#tellRefused(topic, error);
  }

  /** Reports a refusal once, as the hub keeps retrying. */
  #tellRefused(topic: string, error: TopicError): void {
    if (this.#refused.has(topic)) return;
    this.#refused.add(topic);
    this.#events?.onRefused(topic, error);
  }

  #onForeign(topic: string, reason: string, count = 1): void {
    for (let index = 0; index < count; index++) this.#events?.onForeign(topic, reason);
  }
}

function hasCode(error: unknown, code: TopicErrorCode): error is TopicError {
  return error instanceof TopicError && error.code === code;
}

/** For errors about one of several topics; the hub then finds out which one. */
function nameOf([topic]: readonly BrokerTopic[]): string {
  return topic?.name ?? '';
}
