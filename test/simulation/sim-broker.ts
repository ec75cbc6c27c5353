import {
  decodeBusMessage,
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
} from '@turnout/topics';
import { BusLink, type BusLinkParts } from './bus-link.ts';
import type { BusServer } from './bus-server.ts';

export interface SimBrokerParts extends Omit<BusLinkParts, 'receive' | 'onDropped'> {
  /** Whether the server can be reached. */
  readonly isReachable: () => boolean;
  /** For the checks. */
  readonly observer: BrokerObserver;
}

export interface BrokerObserver {
  /** This node sends a message. */
  onSent(message: BusMessage): void;
  /** A message does not reach this node. */
  onDropped(topic: BrokerTopic, message: BusMessage, isKnowable: boolean): void;
  /** Published messages do not reach this node until `onRestored`. */
  onLost(): void;
  onRestored(): void;
}

/** Small, so that a burst of a few dozen exceeds them. */
export const limits = { maxPendingMessages: 24, maxPendingBytes: 6_000, timeout: 1_000 };

const connectTimeout = 2_000;

/** A node's broker, built like those for Redis and NATS. */
export class SimBroker implements Broker {
  readonly #parts: SimBrokerParts;
  readonly #calls = new PendingCalls(limits);
  readonly #joined = new Map<string, Join>();
  /** The publishers of messages since the join, by topic. */
  readonly #heard = new Map<string, Set<string>>();
  /** The latest known offset, by topic: a server that has less has lost something. */
  readonly #known = new Map<string, Position>();
  #events: BrokerEvents | undefined;
  #link: BusLink | undefined;
  /** A link that has not joined all topics yet. */
  #connecting: BusLink | undefined;
  #isClosed = false;
  #isDead = false;

  constructor(parts: SimBrokerParts) {
    this.#parts = parts;
    this.#link = this.#createLink();
  }

  start(events: BrokerEvents): void {
    this.#events = events;
  }

  join(joins: readonly Join[]): Promise<void> {
    for (const join of joins) {
      this.#joined.set(join.topic.name, join);
      this.#heard.delete(join.topic.name);
    }
    return this.#calls.run(() => this.request((link) => this.requestJoins(link, joins)));
  }

  leave(topics: readonly BrokerTopic[]): Promise<void> {
    for (const { name } of topics) this.#joined.delete(name);
    const leaveAll = (link: BusLink) => (server: BusServer) => {
      for (const topic of topics) server.leave(topic, link);
    };
    return this.#calls.run(() => this.request((link) => link.request(leaveAll(link))));
  }

  publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = this.#encode(message);
    return this.#calls.publish(bytes.length, () => this.#send(topic, bytes));
  }

  tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return this.#calls.run(() => this.#send(topic, this.#encode(message)));
  }

  read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    return this.#calls.run(() => this.#read(topic, since));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#link?.cut();
    this.#link = undefined;
  }

  /** The network between this node and the server fails, which it detects after this many ms. */
  cut(detection: number): void {
    this.#connecting?.cut();
    const link = this.#link;
    if (link === undefined || link.isCut) return;
    link.cut();
    this.#parts.observer.onLost();
    this.#parts.clock.schedule(detection, () => this.#onLost(link));
  }

  /** The node crashes: it sends and receives nothing. */
  die(): void {
    this.#isDead = true;
    void this.close();
  }

  /** The topics to join again after a loss. */
  protected joinsAfterLoss(joins: readonly Join[]): readonly Join[] {
    return joins;
  }

  protected requestJoins(link: BusLink, joins: readonly Join[]): Promise<void> {
    return link.request((server) => {
      for (const { topic } of joins) server.join(topic, link);
    });
  }

  protected async request<Value>(call: (link: BusLink) => Promise<Value>): Promise<Value> {
    if (this.#isDead) return new Promise(() => {});
    if (this.#isClosed) throw new TopicError('TOPIC_ERR_CLOSED', 'The broker is closed');
    if (this.#link === undefined) throw lostError();
    return call(this.#link);
  }

  protected deliver({ receiver }: Join, message: BusMessage, position: Position | null): void {
    receiver(message, position);
  }

  protected tellLost(): void {
    this.#events?.onLost(lostError());
  }

  protected tellRestored(): void {
    this.#events?.onRestored();
  }

  #encode(message: BusMessage): Buffer {
    this.#parts.observer.onSent(message);
    return encodeBusMessage(message);
  }

  async #send(topic: BrokerTopic, bytes: Buffer): Promise<void> {
    const known = this.#known.get(topic.name);
    const position = await this.request((link) => link.request((server) => server.publish(topic, bytes, known)));
    if (position !== null) this.#know(topic, position);
  }

  async #read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    const known = this.#known.get(topic.name);
    const page = await this.request((link) => link.request((server) => server.read(topic, since, known)));
    this.#know(topic, page.position);
    return page;
  }

  #know({ name }: BrokerTopic, position: Position): void {
    const known = this.#known.get(name);
    if (known?.epoch !== position.epoch || known.offset < position.offset) this.#known.set(name, position);
  }

  #createLink(): BusLink {
    return new BusLink({
      ...this.#parts,
      receive: (topic, bytes, position) => this.#receive(topic, bytes, position),
      onDropped: (topic, bytes) => {
        const message = decodeBusMessage(bytes);
        const isKnowable = this.#heard.get(topic.name)?.has(message.origin) ?? false;
        this.#parts.observer.onDropped(topic, message, isKnowable);
      },
    });
  }

  #receive({ name }: BrokerTopic, bytes: Buffer, position: Position | null): void {
    const joined = this.#joined.get(name);
    if (joined === undefined) return;
    const message = decodeBusMessage(bytes);
    const heard = this.#heard.get(name) ?? new Set();
    this.#heard.set(name, heard.add(message.origin));
    this.deliver(joined, message, position);
  }

  #onLost(link: BusLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.tellLost();
    this.#calls.rejectAll(lostError());
    void this.#connectAgain();
  }

  async #connectAgain(): Promise<void> {
    const { clock, random, isReachable, observer } = this.#parts;
    while (!this.#isClosed && this.#link === undefined) {
      // oxlint-disable-next-line no-await-in-loop -- a pause
      await clock.wait(50 + random.below(600));
      if (!isReachable()) continue;
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      await this.#connect();
    }
    if (this.#isClosed) return;
    // A gap is announced, and everything starts again.
    this.#heard.clear();
    observer.onRestored();
    this.tellRestored();
  }

  async #connect(): Promise<void> {
    const { clock } = this.#parts;
    const link = this.#createLink();
    this.#connecting = link;
    const joined = this.#joinAgain(link).then(() => true);
    const isJoin = await Promise.race([joined, clock.wait(connectTimeout).then(() => false)]);
    this.#connecting = undefined;
    if (isJoin && !link.isCut && !this.#isClosed) this.#link = link;
    else link.cut();
  }

  /** Including topics that are joined meanwhile. */
  async #joinAgain(link: BusLink): Promise<void> {
    const done = new Set<Join>();
    const isLeft = (joined: Join): boolean => !done.has(joined);
    for (let left = [...this.#joined.values()]; left.length > 0; left = [...this.#joined.values()].filter(isLeft)) {
      for (const joined of left) done.add(joined);
      // oxlint-disable-next-line no-await-in-loop -- hardly ever more than once
      await this.requestJoins(link, this.joinsAfterLoss(left));
    }
  }
}

function lostError(): TopicError {
  return new TopicError('TOPIC_ERR_BROKER_LOST', 'The server cannot be reached');
}
