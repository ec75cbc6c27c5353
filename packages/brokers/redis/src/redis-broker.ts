import { randomUUID } from 'node:crypto';
import {
  decodeBusMessage,
  decodeStored,
  defaultPendingLimits,
  encodeBusMessage,
  PendingCalls,
  type Broker,
  type BrokerEvents,
  type BrokerTopic,
  type BusMessage,
  type HistoryPage,
  type Join,
  type PendingLimits,
  type Position,
  type Receiver,
  type StoredEntry,
} from '@turnout/topics';
import { publishScript, readScript } from './history-scripts.ts';
import { lostError, RedisLink, type RedisPair } from './redis-link.ts';
import type { RedisBrokerOptions } from './redis-options.ts';

interface Joined {
  readonly topic: BrokerTopic;
  receiver: Receiver;
  readonly listener: (bytes: Buffer) => void;
}

/**
 * Connects to Redis, as the broker of one hub.
 *
 * @throws {TopicError | Error} (rejects) where Redis can't be reached; later it connects again by itself
 */
export async function connectRedis(options: RedisBrokerOptions = {}): Promise<Broker> {
  const broker = new RedisBroker(options);
  await broker.connect();
  return broker;
}

/** Pub/sub, at most once; with history a Stream, from which is read what pub/sub has lost. */
class RedisBroker implements Broker {
  readonly #prefix: string;
  readonly #limits: PendingLimits;
  readonly #calls: PendingCalls;
  readonly #link: RedisLink;
  readonly #joined = new Map<string, Joined>();
  #events: BrokerEvents | undefined;

  constructor(options: RedisBrokerOptions) {
    this.#prefix = options.prefix ?? 'turnout:';
    this.#limits = { ...defaultPendingLimits, ...options };
    this.#calls = new PendingCalls(this.#limits);
    this.#link = new RedisLink(options, {
      onLost: (error) => this.#events?.onLost(error),
      prepare: (pair) => this.#joinAll(pair),
      // The hub knows that it was not lost before.
      onConnected: () => this.#events?.onRestored(),
    });
  }

  connect(): Promise<void> {
    return this.#link.connect();
  }

  start(events: BrokerEvents): void {
    this.#events = events;
  }

  async join(joins: readonly Join[]): Promise<void> {
    const joined = joins.map((join) => this.#add(join));
    await this.#call(({ subscriber }) =>
      Promise.all(joined.map(({ topic, listener }) => subscriber.subscribe(this.#channelOf(topic), listener, true))),
    );
  }

  async leave(topics: readonly BrokerTopic[]): Promise<void> {
    const left = topics.map((topic) => ({ topic, listener: this.#joined.get(topic.name)?.listener }));
    for (const { name } of topics) this.#joined.delete(name);
    await this.#call(({ subscriber }) =>
      Promise.all(left.map(({ topic, listener }) => subscriber.unsubscribe(this.#channelOf(topic), listener, true))),
    );
  }

  publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = encodeBusMessage(message);
    return this.#calls.publish(bytes.length, () => this.#send(topic, bytes));
  }

  tell(topic: BrokerTopic, message: BusMessage): Promise<void> {
    return this.#calls.run(() => this.#send(topic, encodeBusMessage(message)));
  }

  async read(topic: BrokerTopic, since: number): Promise<HistoryPage> {
    const entries: StoredEntry[] = [];
    const { position, entries: first } = await this.#readPage(topic, since);
    for (let page = first; page.length > 0;) {
      entries.push(...page.filter(({ offset }) => offset <= position.offset));
      const { offset } = page.at(-1)!;
      if (offset >= position.offset) break;
      // oxlint-disable-next-line no-await-in-loop -- a page begins where the one before it ends
      const next = await this.#readPage(topic, offset);
      if (next.position.epoch !== position.epoch) return this.read(topic, since);
      page = next.entries;
    }
    return { position, messages: decodeStored(entries, (reason) => this.#events?.onForeign(topic.name, reason)) };
  }

  close(): Promise<void> {
    return this.#link.close(this.#limits.timeout);
  }

  /** Also those that are added while it is under way. */
  async #joinAll({ subscriber }: RedisPair): Promise<void> {
    const done = new Set<Joined>();
    for (let left = this.#joinedBut(done); left.length > 0; left = this.#joinedBut(done)) {
      for (const joined of left) {
        done.add(joined);
        // Sent together, as none waits for the answer of the one before.
        void subscriber.subscribe(this.#channelOf(joined.topic), joined.listener, true).catch(() => {});
      }
      // Answered after all of them.
      // oxlint-disable-next-line no-await-in-loop -- hardly ever more than once
      await subscriber.ping();
    }
  }

  #joinedBut(done: ReadonlySet<Joined>): Joined[] {
    return [...this.#joined.values()].filter((joined) => !done.has(joined));
  }

  /** Joining again changes the receiver alone: the client calls each listener once. */
  #add({ topic, receiver }: Join): Joined {
    const known = this.#joined.get(topic.name);
    if (known !== undefined) {
      known.receiver = receiver;
      return known;
    }
    const joined: Joined = { topic, receiver, listener: (bytes) => this.#receive(topic, joined.receiver, bytes) };
    this.#joined.set(topic.name, joined);
    return joined;
  }

  #send(topic: BrokerTopic, bytes: Buffer): Promise<void> {
    return this.#ask(async ({ commands }) => {
      const channel = this.#channelOf(topic);
      const { history } = topic;
      if (history === null) {
        await commands.publish(channel, bytes);
        return;
      }
      await commands.eval(publishScript, {
        keys: this.#keysOf(topic),
        arguments: [randomUUID(), channel, bytes, String(history.size), String(history.ttl)],
      });
    });
  }

  #call<Value>(call: (pair: RedisPair) => Promise<Value>): Promise<Value> {
    return this.#calls.run(() => this.#ask(call));
  }

  /** A command that its connection takes with it fails as the broker is lost. */
  async #ask<Value>(call: (pair: RedisPair) => Promise<Value>): Promise<Value> {
    const { pair } = this.#link;
    return call(pair).catch((error: unknown) => {
      throw this.#link.isCurrent(pair) ? error : lostError();
    });
  }

  #receive(topic: BrokerTopic, receiver: Receiver, bytes: Buffer): void {
    let message: BusMessage;
    let position: Position | null = null;
    try {
      const start = topic.history === null ? 0 : bytes.indexOf(':', bytes.indexOf(':') + 1) + 1;
      if (topic.history !== null) position = readPosition(bytes.toString('latin1', 0, start));
      message = decodeBusMessage(bytes.subarray(start));
    } catch (error) {
      return this.#events?.onForeign(topic.name, (error as Error).message);
    }
    return receiver(message, position);
  }

  async #readPage(topic: BrokerTopic, since: number): Promise<{ position: Position; entries: StoredEntry[] }> {
    const after = since === Infinity ? 'inf' : String(since);
    const parameters = [randomUUID(), after, String(topic.history!.ttl)];
    const answer = await this.#call(({ commands }) =>
      commands.eval(readScript, { keys: this.#keysOf(topic), arguments: parameters }),
    );
    const [epoch, offset, ...rest] = answer as unknown as Buffer[];
    const entries = Array.from({ length: rest.length / 2 }, (_, index) => ({
      offset: Number(rest[2 * index]),
      bytes: rest[2 * index + 1]!,
    }));
    return { position: { epoch: String(epoch), offset: Number(offset) }, entries };
  }

  #channelOf({ name, history }: BrokerTopic): string {
    return `${this.#prefix}${history === null ? 'topic' : 'history'}:${name}`;
  }

  /** In braces what tells a cluster where they are: keys of one script stand on one of its nodes. */
  #keysOf({ name }: BrokerTopic): [position: string, stream: string] {
    const tag = `{${Buffer.from(name).toString('base64url')}}`;
    return [`${this.#prefix}position:${tag}`, `${this.#prefix}stream:${tag}`];
  }
}

/** @throws {TypeError} on what is none */
function readPosition(text: string): Position {
  const [, epoch, offset] = /^([\w-]+):(\d{1,16}):$/.exec(text) ?? [];
  if (epoch === undefined) throw new TypeError('it has no position');
  return { epoch, offset: Number(offset) };
}
