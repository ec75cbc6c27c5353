import { randomUUID } from 'node:crypto';
import type { Broker, BrokerTopic, BusMessage, HistoryPage, Join, Receiver } from './broker.ts';
import { TopicError } from './errors.ts';
import { HistoryRing } from './history-ring.ts';
import { MemoryState } from './memory-state.ts';
import { encodeStateNews } from './state-news.ts';
import type { StateEntry, StateLimits, StateOutcome, StateRequest, StateSnapshot, StateStore } from './state-store.ts';

interface Store {
  readonly epoch: string;
  readonly ring: HistoryRing;
}

/** How often, in ms, topics with an empty history are forgotten. */
const sweepInterval = 60_000;

/** The bus that several hubs of one process share. */
export class MemoryBus {
  readonly #receivers = new Map<string, Set<Receiver>>();
  readonly #stores = new Map<string, Store>();
  readonly #states = new Map<string, MemoryState>();
  #sweeper: NodeJS.Timeout | undefined;

  join({ name }: BrokerTopic, receiver: Receiver): void {
    const receivers = this.#receivers.get(name);
    if (receivers === undefined) this.#receivers.set(name, new Set([receiver]));
    else receivers.add(receiver);
  }

  leave({ name }: BrokerTopic, receiver: Receiver): void {
    const receivers = this.#receivers.get(name);
    receivers?.delete(receiver);
    if (receivers?.size === 0) this.#receivers.delete(name);
  }

  publish(topic: BrokerTopic, message: BusMessage): void {
    const position = topic.history && this.#keep(topic, message);
    for (const receiver of this.#receivers.get(topic.name) ?? []) receiver(message, position);
  }

  readState(topic: BrokerTopic): StateSnapshot {
    const { epoch, ring } = this.#storeOf(topic);
    return { position: { epoch, offset: ring.offset }, entries: this.#stateOf(topic).entries };
  }

  stateEntry(topic: BrokerTopic, key: string): StateEntry | undefined {
    return this.#stateOf(topic).get(key);
  }

  changeState(topic: BrokerTopic, request: StateRequest, limits: StateLimits): StateOutcome {
    const version = this.#storeOf(topic).ring.offset + 1;
    const { isApplied, entry, news } = this.#stateOf(topic).change(request, version, limits);
    if (news !== undefined) {
      this.publish(topic, { origin: '', sequence: 0, key: request.key, data: encodeStateNews(news) });
    }
    return { isApplied, entry };
  }

  read(topic: BrokerTopic, since: number): HistoryPage {
    const { epoch, ring } = this.#storeOf(topic);
    return {
      position: { epoch, offset: ring.offset },
      messages: since === Infinity ? [] : (ring.after(since) ?? ring.all()),
    };
  }

  #keep(topic: BrokerTopic, message: BusMessage) {
    const { epoch, ring } = this.#storeOf(topic);
    ring.push({ offset: ring.offset + 1, message });
    return { epoch, offset: ring.offset };
  }

  #storeOf({ name, history }: BrokerTopic): Store {
    const known = this.#stores.get(name);
    if (known !== undefined) return known;
    const store = { epoch: randomUUID(), ring: new HistoryRing(history!, 0) };
    this.#stores.set(name, store);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepInterval).unref();
    return store;
  }

  #stateOf({ name }: BrokerTopic): MemoryState {
    const known = this.#states.get(name) ?? new MemoryState();
    this.#states.set(name, known);
    return known;
  }

  #sweep(): void {
    for (const [name, { ring }] of this.#stores) {
      // The offsets of a state are the versions of its keys.
      if (!this.#receivers.has(name) && ring.isEmpty && !this.#states.has(name)) this.#stores.delete(name);
    }
    if (this.#stores.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** Carries messages between the hubs of one process; the history is lost when the process ends. */
export class MemoryBroker implements Broker {
  readonly #bus: MemoryBus;
  readonly #receivers = new Map<string, Receiver>();
  readonly states: StateStore = {
    read: async (topic) => this.#open().readState(topic),
    get: async (topic, key) =>
      this.#open()
        .readState(topic)
        .entries.find((entry) => entry.key === key),
    change: async (topic, request, limits) => this.#open().changeState(topic, request, limits),
  };
  #isClosed = false;

  constructor(bus = new MemoryBus()) {
    this.#bus = bus;
  }

  /** It emits no events: it is never lost, and nobody else writes to it. */
  start(): void {}

  join(joins: readonly Join[]): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError());
    for (const { topic, receiver } of joins) {
      this.#leave(topic);
      this.#receivers.set(topic.name, receiver);
      this.#bus.join(topic, receiver);
    }
    return done;
  }

  leave(topics: readonly BrokerTopic[]): Promise<void> {
    for (const topic of topics) this.#leave(topic);
    return done;
  }

  publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError());
    this.#bus.publish(topic, message);
    return done;
  }

  tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return this.publish(topic, message);
  }

  async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    return this.#bus.read(topic, since);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const [name, receiver] of this.#receivers) this.#bus.leave({ name, history: null }, receiver);
    this.#receivers.clear();
    return done;
  }

  /** @throws {TopicError} if it is closed */
  #open(): MemoryBus {
    if (this.#isClosed) throw closedError();
    return this.#bus;
  }

  #leave(topic: BrokerTopic): void {
    const receiver = this.#receivers.get(topic.name);
    if (receiver !== undefined) this.#bus.leave(topic, receiver);
    this.#receivers.delete(topic.name);
  }
}

const done = Promise.resolve();

function closedError(): TopicError {
  return new TopicError('TOPIC_ERR_CLOSED', 'The broker is closed');
}
