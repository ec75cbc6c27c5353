import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { reportError, type WebSocket } from '@turnout/core';
import { resolveOptions } from '@turnout/core/options';
import type { Broker } from './bus/broker.ts';
import { hubClosed, type TopicError } from './bus/errors.ts';
import { MemoryBroker } from './bus/memory-broker.ts';
import { QueueBudget } from './delivery/queue-budget.ts';
import { resolveTopicOptions, type TopicOptions } from './delivery/topic-options.ts';
import type { Feed } from './feed/feed.ts';
import { HistoryChecks } from './feed/history-checks.ts';
import { HubContext } from './feed/hub-context.ts';
import type { HubCounts } from './feed/hub-counts.ts';
import { HubLinks } from './hub-links.ts';
import { hubOptions, type HubEvents, type HubOptions } from './hub-options.ts';
import { PeopleExchange } from './people/people-exchange.ts';
import { Registry } from './registry.ts';
import { SocketTopics } from './socket-topics.ts';
import { resolveStateOptions, type StateOptions } from './state/state-options.ts';
import { State, type StateHost } from './state/state.ts';
import { TopicCommands, type Admit } from './topic-commands.ts';
import { assertTopicName } from './topic-name.ts';
import { Topic, type TopicHost } from './topic.ts';

/**
 * Makes a hub: the topics of a node.
 *
 * @throws {TypeError | RangeError} on an invalid option, which it names
 */
export function createHub(options?: HubOptions): Hub {
  return new Hub(options);
}

/** How long, in ms, `close()` waits for the broker's answers. */
const longestClose = 5_000;

export class Hub extends EventEmitter<HubEvents> {
  readonly #broker: Broker;
  readonly #context: HubContext;
  readonly #people: PeopleExchange;
  readonly #host: TopicHost;
  readonly #stateHost: StateHost;
  readonly #maxTopicsPerSocket: number;
  readonly #topics = new Registry<Topic>();
  readonly #states = new Registry<State>();
  readonly #sockets: SocketTopics;
  readonly #links: HubLinks;
  readonly #checks: HistoryChecks;
  #closed: Promise<void> | undefined;

  constructor(options: HubOptions | undefined) {
    super({ captureRejections: true });
    const { broker = new MemoryBroker(), whenLost, onError, ...rest } = resolveOptions(hubOptions, options);
    const { maxTopicsPerSocket } = rest;
    this.#broker = broker;
    this.#maxTopicsPerSocket = maxTopicsPerSocket;
    this.#sockets = new SocketTopics(maxTopicsPerSocket);
    this.#context = new HubContext({
      broker,
      whenLost,
      onError: (error) => reportError(onError, error, undefined),
      onForeign: (topic, reason) => this.#context.call(() => this.emit('foreign', { topic, reason })),
      onRefused: (topic, error) => this.#onRefused(topic, error),
    });
    this.#links = new HubLinks(this.#context);
    this.#checks = new HistoryChecks(this.#context, rest.historyCheckInterval, () => this.#feeds());
    this.#people = new PeopleExchange(this.#context, rest.presenceInterval);
    this.#host = {
      context: this.#context,
      people: this.#people,
      queueBudget: new QueueBudget(rest.maxTotalQueuedBytes),
      onSubscribed: (socket, topic) => this.#sockets.add(socket, topic),
      onUnsubscribed: (socket, topic) => this.#sockets.delete(socket, topic),
      onUse: (topic) => this.#topics.update(topic),
    };
    this.#stateHost = {
      context: this.#context,
      onSubscribed: (socket, state) => this.#sockets.add(socket, state),
      onUnsubscribed: (socket, state) => this.#sockets.delete(socket, state),
      onUse: (state) => this.#states.update(state),
    };
    broker.start({
      onLost: (error) => this.#onLost(error),
      onRestored: () => this.#onRestored(),
      onForeign: (topic, reason) => this.#context.dropForeign(topic, reason),
      onRefused: (topic, error) => this.#onRefused(topic, error),
    });
  }

  get counts(): HubCounts {
    return { ...this.#context.counts };
  }

  /** Whether the broker can be reached, as far as is known. */
  get isConnected(): boolean {
    return !this.#context.isBrokerLost && !this.#context.isClosed;
  }

  /**
   * The topic with this name. The object stays the same while it is referenced, has subscribers or has listeners.
   *
   * @param options must be the same on each call; an omitted option has its default
   * @throws {TypeError | RangeError} on an invalid name or option, which it names, and on options that differ from the
   *   topic's
   */
  topic(name: string, options?: TopicOptions): Topic {
    assertTopicName(name);
    if (this.#context.isClosed) throw hubClosed();
    const known = this.#topics.get(name);
    const resolved = resolveTopicOptions(options);
    if (known === undefined) {
      const topic = new Topic(name, resolved, this.#host);
      this.#topics.add(topic);
      return topic;
    }
    if (JSON.stringify(resolved) !== JSON.stringify(known.options)) {
      throw new TypeError(`Invalid options: topic ${name} already exists with different options`);
    }
    return known;
  }

  /**
   * The state with this name: values by keys that every subscriber always has as the server has them. The object stays
   * the same while it is referenced or has subscribers.
   *
   * @param options must be the same on each call, or omitted if the state is known
   * @throws {TypeError | RangeError} on an invalid name or option, which it names, on options that differ from the
   *   state's, and without `load` if the broker keeps no states
   */
  state<Value = unknown>(name: string, options?: StateOptions<Value>): State<Value> {
    assertTopicName(name);
    if (this.#context.isClosed) throw hubClosed();
    const resolved = resolveStateOptions(options as StateOptions | undefined);
    let state = this.#states.get(name);
    if (state === undefined) {
      state = new State(name, resolved, this.#stateHost);
      this.#states.add(state);
    } else if (options !== undefined && JSON.stringify(resolved) !== JSON.stringify(state.options)) {
      throw new TypeError(`Invalid options: state ${name} already exists with different options`);
    }
    return state as State<Value>;
  }

  /**
   * Lets a client subscribe with JSON text: `{"subscribe":"NAME"}`, with `"since":{"epoch":…,"offset":…}` or
   * `"since":"oldest"` to receive what it has missed, and `{"unsubscribe":"NAME"}`. The topics need an envelope.
   *
   * @param admit decides whether the client may subscribe: returns the topic, or nothing to refuse. Called for each
   *   subscribe command
   * @returns a function that takes a message of the client. It resolves with whether the message was such a command,
   *   and rejects with what `admit` throws. It closes the socket with 1013 if the broker cannot be reached
   */
  commands(socket: WebSocket, admit: Admit): (message: string | Buffer) => Promise<boolean> {
    const commands = new TopicCommands(socket, admit, this.#maxTopicsPerSocket);
    return (message) => this.#context.outcome(commands.handle(message));
  }

  /** The topics that a socket is subscribed to. */
  topicsOf(socket: WebSocket): Topic[] {
    return this.#sockets.of(socket).filter((one) => one instanceof Topic);
  }

  /**
   * Opens a channel between nodes, besides topics: `listener` is called with the text that any node sends, this one
   * included.
   *
   * @param onGap called when text is missing on this node and will not arrive, as `gap` of a topic without history
   * @returns a function that sends text to all nodes; it resolves as `publish()` of a topic does
   */
  link(
    name: string,
    listener: (text: string) => void,
    onGap: () => void = () => {},
  ): (text: string) => Promise<boolean> {
    assertTopicName(name);
    if (this.#context.isClosed) throw hubClosed();
    return this.#links.add(name, { onText: listener, onGap });
  }

  /**
   * Unsubscribes all sockets, which stay open, and closes the broker once it has answered for every publication, or
   * after 5 s. Later publications reject with `TOPIC_ERR_CLOSED`.
   */
  close(): Promise<void> {
    this.#closed ??= this.#context.outcome(this.#close());
    return this.#closed;
  }

  /** A listener's promise was rejected. */
  override [EventEmitter.captureRejectionSymbol](error: Error, ..._event: unknown[]): void {
    this.#context.call(() => Promise.reject(error));
  }

  async #close(): Promise<void> {
    this.#sockets.clear();
    this.#links.close();
    for (const topic of this.#topics.used) topic.end();
    for (const state of this.#states.used) state.end();
    this.#people.stop();
    this.#checks.stop();
    this.#context.close();
    await Promise.race([this.#context.unanswered.settled(), delay(longestClose, undefined, { ref: false })]);
    await this.#broker.close();
  }

  *#feeds(): Iterable<Feed> {
    for (const topic of this.#topics.used) yield topic.feed;
    for (const state of this.#states.used) yield state.feed;
    yield* this.#links.feeds;
  }

  #onRefused(topic: string, error: TopicError): void {
    this.#context.call(() => this.emit('refused', { topic, error }) || Promise.reject(error));
  }

  #onLost(error: unknown): void {
    if (this.#context.isBrokerLost || this.#context.isClosed) return;
    this.#context.onLost();
    this.#context.call(() => this.emit('lost', error));
  }

  #onRestored(): void {
    if (!this.#context.isBrokerLost) return;
    this.#context.onRestored(() => this.#context.call(() => this.emit('restored')));
    for (const topic of this.#topics.used) topic.feed.onRestored();
    for (const state of this.#states.used) state.onRestored();
    for (const feed of this.#links.feeds) feed.onRestored();
  }
}
