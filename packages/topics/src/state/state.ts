import type { WebSocket } from '@turnout/core';
import type { BrokerTopic } from '../bus/broker.ts';
import type { Position } from '../bus/position.ts';
import { encodeStateNews, type StateNews } from '../bus/state-news.ts';
import type { StateEntry, StateOutcome, StateRequest, StateSnapshot, StateStore } from '../bus/state-store.ts';
import type { Subscribed } from '../delivery/envelope.ts';
import type { Feed } from '../feed/feed.ts';
import type { HubContext } from '../feed/hub-context.ts';
import { OwnedChanges } from './owned-changes.ts';
import { StateAudience } from './state-audience.ts';
import {
  assertStateKey,
  resolveIncrement,
  resolveSet,
  resolveStateSubscribe,
  toJson,
  type IncrementOptions,
  type KeyFilter,
  type SetOptions,
  type StateSubscribeOptions,
} from './state-calls.ts';
import { StateFeed } from './state-feed.ts';
import type { ResolvedStateOptions, StateContents } from './state-options.ts';
import type { KeyRule } from './state-pages.ts';

/** What a state uses of its hub. */
export interface StateHost {
  readonly context: HubContext;
  /** @throws {RangeError} if the socket has too many subscriptions */
  onSubscribed(socket: WebSocket, state: State): void;
  onUnsubscribed(socket: WebSocket, state: State): void;
  /** Whether the state is in use may have changed. */
  onUse(state: State): void;
}

/** How many changes the broker keeps, and how long in ms, for nodes that have missed some. */
const changesKept = { size: 1_000, ttl: 120_000 };

/**
 * Values by keys that every subscriber always has as the server has them: a client is sent all of them first, and then
 * what changes. Whatever it or this node misses, it gets the newest values soon after.
 */
export class State<Value = unknown> {
  readonly name: string;
  readonly options: ResolvedStateOptions;
  readonly #host: StateHost;
  readonly #topic: BrokerTopic;
  /** Undefined if the application keeps the state. */
  readonly #store: StateStore | undefined;
  readonly #feed: StateFeed;
  readonly #audience: StateAudience;
  readonly #owned: OwnedChanges;

  /** @throws {TypeError} if neither the application nor the broker keeps it */
  constructor(name: string, options: ResolvedStateOptions, host: StateHost) {
    const { broker } = host.context;
    if (options.load === undefined && broker.states === undefined) {
      throw new TypeError(`Invalid state ${name}: this broker keeps no states. Pass the option load`);
    }
    this.name = name;
    this.options = options;
    this.#host = host;
    this.#topic = { name: `\u0000state:${name}`, history: changesKept };
    this.#store = options.load === undefined ? broker.states : undefined;
    this.#feed = new StateFeed({
      topic: this.#topic,
      context: host.context,
      isExact: this.#store !== undefined,
      load: (position) => this.#load(position),
      onChange: () => this.#audience.flushSoon(),
    });
    this.#audience = new StateAudience(name, this.#feed.replica);
    this.#owned = new OwnedChanges(async (news) => this.#feed.feed.publish({ data: encodeStateNews(news) }));
    // A process that this one replaces may have ended between a change and telling it.
    if (options.load !== undefined) queueMicrotask(() => void this.#tell({ type: 'reload' }).catch(() => {}));
  }

  /** Whether it has subscribers, or changes that have not been told. */
  get isInUse(): boolean {
    return this.#audience.size > 0 || !this.#owned.isEmpty;
  }

  /** Its changes, as this node receives them. */
  get feed(): Feed {
    return this.#feed.feed;
  }

  /** The broker was lost and is back. */
  onRestored(): void {
    this.#feed.onRestored();
  }

  /** The value of a key; undefined if there is none. */
  get(key: string): Promise<Value | undefined> {
    return this.#outcome(this.#entry(key).then((entry) => entry && (JSON.parse(entry.value) as Value)));
  }

  /** The version of a key, for `ifVersion`; 0 if there is none. */
  versionOf(key: string): Promise<number> {
    return this.#outcome(this.#entry(key).then((entry) => entry?.version ?? 0));
  }

  /** All keys with their values. */
  entries(): Promise<Map<string, Value>> {
    const parse = ({ key, value }: StateEntry): [string, Value] => [key, JSON.parse(value) as Value];
    return this.#outcome(this.#entries().then((entries) => new Map(entries.map(parse))));
  }

  /** How many keys there are. */
  size(): Promise<number> {
    return this.#outcome(this.#entries().then(({ length }) => length));
  }

  /**
   * Sets a key. If the application keeps the state, it does so first, and then calls this: all nodes are told, as soon
   * as they can be reached.
   *
   * @returns whether it was set: `false` if it has another version than `ifVersion`
   * @throws {TypeError | RangeError} synchronously on an invalid key or option, and on a value that is not JSON
   * @throws {TopicError} (rejects) `TOPIC_ERR_STATE_FULL` over `maxKeys` or `maxBytes`, and as {@link Topic.publish}
   */
  set(key: string, value: Value, options?: SetOptions): Promise<boolean> {
    assertStateKey(this.name, key);
    const json = toJson(this.name, key, value);
    const { ifVersion } = resolveSet(options);
    if (this.#store !== undefined) {
      return this.#change(this.#store, { type: 'set', key, value: json, ifVersion }, ({ isApplied }) => isApplied);
    }
    this.#assertKept('ifVersion', ifVersion);
    const version = this.#givenVersion(key, value);
    return this.#outcome(this.#tell({ type: 'set', key, value: json, ...(version === undefined ? {} : { version }) }));
  }

  /** Deletes a key; otherwise as {@link set}. @returns whether there was one to delete */
  delete(key: string, options?: SetOptions): Promise<boolean> {
    assertStateKey(this.name, key);
    const { ifVersion } = resolveSet(options);
    if (this.#store !== undefined) {
      return this.#change(this.#store, { type: 'delete', key, ifVersion }, ({ isApplied }) => isApplied);
    }
    this.#assertKept('ifVersion', ifVersion);
    return this.#outcome(this.#tell({ type: 'delete', key }));
  }

  /**
   * Adds to the number of a key, which begins at 0.
   *
   * @returns the number after that
   * @throws {TypeError} synchronously if the application keeps the state, and on an invalid key, number or option
   * @throws {TopicError} (rejects) with `TOPIC_ERR_STATE_VALUE` if the value is not a number, and as {@link set}
   */
  increment(key: string, by = 1, options?: IncrementOptions): Promise<number> {
    assertStateKey(this.name, key);
    const { once } = resolveIncrement(options);
    if (!Number.isFinite(by)) throw new TypeError(`Invalid increment of ${key}: expected a number, got ${by}`);
    if (this.#store === undefined) {
      throw new TypeError(`Cannot increment ${key}: the application keeps state ${this.name} (option load)`);
    }
    return this.#change(this.#store, { type: 'increment', key, by, once }, ({ entry }) => Number(entry?.value ?? 0));
  }

  /**
   * Sends a socket the state, and then what changes, until it closes or is unsubscribed. A socket that is already
   * subscribed is unsubscribed first.
   *
   * @returns the start of the subscription: with `recovered`, only what has changed since the given position follows;
   *   `null` if the socket was closed or unsubscribed meanwhile
   * @throws {TypeError | RangeError} (rejects) on an invalid option, and over `maxTopicsPerSocket`
   * @throws {TopicError} (rejects) if the broker cannot be reached
   */
  subscribe(socket: WebSocket, options?: StateSubscribeOptions): Promise<Subscribed | null> {
    return this.#outcome(this.#subscribe(socket, options));
  }

  /** @returns whether the socket was subscribed */
  unsubscribe(socket: WebSocket): boolean {
    if (!this.#audience.remove(socket)) return false;
    this.#feed.release();
    this.#host.onUnsubscribed(socket, this as State);
    this.#host.onUse(this as State);
    return true;
  }

  /** The hub is closed. */
  end(): void {
    this.#owned.close();
  }

  async #subscribe(socket: WebSocket, options: StateSubscribeOptions | undefined): Promise<Subscribed | null> {
    const { since, keys } = resolveStateSubscribe(options);
    if (socket.readyState !== socket.OPEN) return null;
    this.unsubscribe(socket);
    this.#host.onSubscribed(socket, this as State);
    const reader = this.#audience.add(socket, ruleOf(keys));
    this.#host.onUse(this as State);
    try {
      await this.#feed.hold();
    } catch (error) {
      if (this.#audience.has(reader)) this.unsubscribe(socket);
      throw error;
    }
    return this.#audience.has(reader) ? this.#audience.begin(reader, since) : null;
  }

  #change<Result>(store: StateStore, request: StateRequest, read: (outcome: StateOutcome) => Result): Promise<Result> {
    return this.#outcome(store.change(this.#topic, request, this.options).then(read));
  }

  async #tell(change: StateNews): Promise<true> {
    const told = this.#owned.tell(change);
    this.#host.onUse(this as State);
    try {
      await told;
    } finally {
      this.#host.onUse(this as State);
    }
    return true;
  }

  /** @throws {TypeError} if the option `version` gives no number */
  #givenVersion(key: string, value: unknown): number | undefined {
    const version: unknown = this.options.version?.(value);
    if (version === undefined || Number.isFinite(version)) return version as number | undefined;
    throw new TypeError(`Invalid result of option version for ${key} in state ${this.name}: expected a number`);
  }

  async #load(position: Position): Promise<StateSnapshot> {
    if (this.#store !== undefined) return this.#store.read(this.#topic);
    const contents = (await this.options.load?.()) ?? [];
    const entries = pairsOf(contents).map(([key, given]) => {
      assertStateKey(this.name, key);
      return { key, value: toJson(this.name, key, given), version: this.#givenVersion(key, given) ?? position.offset };
    });
    return { position, entries };
  }

  async #entry(key: string): Promise<StateEntry | undefined> {
    if (this.#store !== undefined) return this.#store.get(this.#topic, key);
    return (await this.#entries()).find((entry) => entry.key === key);
  }

  /** As the broker has them now, or as this node knows them. */
  async #entries(): Promise<readonly StateEntry[]> {
    if (this.#store !== undefined) return (await this.#store.read(this.#topic)).entries;
    try {
      await this.#feed.hold();
      return [...this.#feed.replica.entries()];
    } finally {
      this.#feed.release();
    }
  }

  #assertKept(option: string, given: unknown): void {
    if (given === undefined) return;
    throw new TypeError(`Invalid option ${option}: the application keeps state ${this.name} (option load)`);
  }

  #outcome<Result>(promise: Promise<Result>): Promise<Result> {
    return this.#host.context.outcome(promise);
  }
}

function ruleOf(filter: KeyFilter | undefined): KeyRule {
  return typeof filter === 'string' ? (key) => key.startsWith(filter) : filter;
}

function pairsOf(contents: StateContents<unknown>): (readonly [string, unknown])[] {
  return Symbol.iterator in contents
    ? [...(contents as Iterable<readonly [string, unknown]>)]
    : Object.entries(contents);
}
