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
  type PendingLimits,
  type Position,
  type Receiver,
  type StoredEntry,
} from '@turnout/topics';
import { publishScript, readScript } from './history-scripts.ts';
import { RedisLink, type RedisPair } from './redis-link.ts';
import type { RedisBrokerOptions } from './redis-options.ts';

interface Joined {
  readonly topic: BrokerTopic;
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

  async join(topic: BrokerTopic, receiver: Receiver): Promise<void> {
    const joined: Joined = { topic, listener: (bytes) => this.#receive(topic, receiver, bytes) };
    this.#joined.set(topic.name, joined);
    await this.#call(0, ({ subscriber }) => subscriber.subscribe(this.#channelOf(topic), joined.listener, true));
  }

  async leave(topic: BrokerTopic): Promise<void> {
    const joined = this.#joined.get(topic.name);
    this.#joined.delete(topic.name);
    await this.#call(0, ({ subscriber }) => subscriber.unsubscribe(this.#channelOf(topic), joined?.listener, true));
  }

  async publish(topic: BrokerTopic, message: BusMessage): Promise<void> {
    const bytes = encodeBusMessage(message);
    const channel = this.#channelOf(topic);
    const { history } = topic;
    await this.#call(bytes.length, ({ commands }): Promise<unknown> => {
      if (history === null) return commands.publish(channel, bytes);
      return commands.eval(publishScript, {
        keys: this.#keysOf(topic),
        arguments: [randomUUID(), channel, bytes, String(history.size), String(history.ttl)],
      });
    });
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

  #call<Value>(bytes: number, call: (pair: RedisPair) => Promise<Value>): Promise<Value> {
    return this.#calls.run(bytes, async () => call(this.#link.pair));
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
    const answer = await this.#call(0, ({ commands }) =>
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
