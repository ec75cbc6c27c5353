import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { guard, reportError, type WebSocket } from '@turnout/core';
import type { Broker } from './bus/broker.ts';
import type { Feed } from './feed/feed.ts';
import { HistoryChecks } from './feed/history-checks.ts';
import type { HubContext } from './feed/hub-context.ts';
import { TopicError } from './bus/errors.ts';
import type { HubCounts } from './feed/hub-counts.ts';
import { MemoryBroker } from './bus/memory-broker.ts';
import { NodeWatch } from './people/node-watch.ts';
import { QueueBudget } from './delivery/queue-budget.ts';
import { HubLinks } from './hub-links.ts';
import { SocketTopics } from './socket-topics.ts';
import { TopicCommands, type Admit } from './topic-commands.ts';
import { TopicRegistry } from './topic-registry.ts';
import { Topic, type TopicHost } from './topic.ts';
import { assertTopicName } from './topic-name.ts';
import { resolveTopicOptions, type TopicOptions } from './delivery/topic-options.ts';

export interface HubOptions {
  /** What carries messages to other nodes. Default: none, this process is alone. */
  readonly broker?: Broker;
  /**
   * While the broker is away: `deliver-locally`, the default, has what is published reach the subscribers of this node;
   * `fail` has `publish()` reject. Topics with history always fail.
   */
  readonly whenLost?: HubContext['whenLost'];
  /** Default 128. */
  readonly maxTopicsPerSocket?: number;
  /** Bytes that wait for all slow subscribers together, beside what their sockets hold. Default 64 MiB. */
  readonly maxTotalQueuedBytes?: number;
  /** How often, in ms, a node tells the others that it is alive: after three to four times that, its people are gone. Default 3,000. */
  readonly presenceInterval?: number;
  /** How often, in ms, a node asks how far the histories are that it follows, in case the bus has lost their last message. Default 10,000. */
  readonly historyCheckInterval?: number;
  /** Told of every error that a listener throws or rejects with. Default: it is printed. */
  readonly onError?: (error: unknown) => unknown;
}

export interface HubEvents {
  /** The broker can't be reached. */
  lost: [error: unknown];
  /** It is back. Topics with history catch up; the others announce a gap. */
  restored: [];
  /** Something that is none of our messages stood on the bus, and was dropped. */
  foreign: [problem: { readonly topic: string; readonly reason: string }];
}

/**
 * Makes a hub: the topics of a node.
 *
 * @throws {TypeError | RangeError} on a wrong option, which it names
 */
export function createHub(options: HubOptions = {}): Hub {
  return new Hub(options);
}

export class Hub extends EventEmitter<HubEvents> {
  readonly #counts: HubCounts = { duplicates: 0, gaps: 0, foreign: 0, localOnly: 0 };
  readonly #broker: Broker;
  readonly #context: HubContext;
  readonly #nodes: NodeWatch;
  readonly #host: TopicHost;
  readonly #maxTopicsPerSocket: number;
  readonly #topics = new TopicRegistry();
  readonly #sockets: SocketTopics;
  readonly #links: HubLinks;
  readonly #checks: HistoryChecks;
  #isLost = false;
  #isClosed = false;

  constructor({
    broker = new MemoryBroker(),
    whenLost = 'deliver-locally',
    maxTopicsPerSocket = 128,
    maxTotalQueuedBytes = 64 * 1024 * 1024,
    presenceInterval = 3_000,
    historyCheckInterval = 10_000,
    onError,
  }: HubOptions) {
    super({ captureRejections: true });
    if (!['deliver-locally', 'fail'].includes(whenLost)) {
      throw new TypeError(`Invalid whenLost: expected deliver-locally or fail, received ${String(whenLost)}`);
    }
    assertCount('maxTopicsPerSocket', maxTopicsPerSocket);
    assertCount('maxTotalQueuedBytes', maxTotalQueuedBytes);
    assertCount('presenceInterval', presenceInterval);
    assertCount('historyCheckInterval', historyCheckInterval);
    this.#broker = broker;
    this.#maxTopicsPerSocket = maxTopicsPerSocket;
    this.#sockets = new SocketTopics(maxTopicsPerSocket);
    this.#context = this.#createContext(whenLost, onError);
    this.#links = new HubLinks(this.#context);
    this.#checks = new HistoryChecks(this.#context, historyCheckInterval, () => this.#feeds());
    this.#nodes = new NodeWatch(this.#context, presenceInterval);
    this.#host = {
      context: this.#context,
      nodes: this.#nodes,
      queueBudget: new QueueBudget(maxTotalQueuedBytes),
      onSubscribed: (socket, topic) => this.#sockets.add(socket, topic),
      onUnsubscribed: (socket, topic) => this.#sockets.delete(socket, topic),
      onUse: (topic) => this.#topics.update(topic),
    };
    broker.start({
      onLost: (error) => this.#onLost(error),
      onRestored: () => this.#onRestored(),
      onForeign: (topic, reason) => {
        this.#counts.foreign++;
        this.#context.call(() => this.emit('foreign', { topic, reason }));
      },
    });
  }

  get counts(): HubCounts {
    return { ...this.#counts };
  }

  /** Whether the broker can be reached, as far as is known. */
  get isConnected(): boolean {
    return !this.#isLost && !this.#isClosed;
  }

  /**
   * The topic of a name: the same for as long as anybody holds it, is subscribed or listens.
   *
   * @param options the same each time: what is left out is the default
   * @throws {TypeError | RangeError} on a wrong name or option, which it names, and on other options than it has
   */
  topic(name: string, options: TopicOptions = {}): Topic {
    assertTopicName(name);
    if (this.#isClosed) throw closedError();
    const known = this.#topics.get(name);
    const resolved = resolveTopicOptions(options);
    if (known === undefined) {
      const topic = new Topic(name, resolved, this.#host);
      this.#topics.add(topic);
      return topic;
    }
    if (JSON.stringify(resolved) !== JSON.stringify(known.options)) {
      throw new TypeError(`Invalid options: topic ${name} is there already, with others`);
    }
    return known;
  }

  /**
   * Lets a client subscribe by JSON text: `{"subscribe":"NAME"}`, with `"since":{"epoch":…,"offset":…}` or
   * `"since":"oldest"` for what it has missed, and `{"unsubscribe":"NAME"}`. Topics have an envelope then.
   *
   * @param admit says whether the client may have a topic: gives the topic, or nothing. It is asked each time
   * @returns takes a message of the client; resolves with whether it was such a command, and rejects with what `admit`
   *   throws. Closes the socket with 1013 where the broker can't be reached
   */
  serve(socket: WebSocket, admit: Admit): (message: string | Buffer) => Promise<boolean> {
    const commands = new TopicCommands(socket, admit, this.#maxTopicsPerSocket);
    return (message) => commands.handle(message);
  }

  /** The topics that a socket is subscribed to. */
  topicsOf(socket: WebSocket): Topic[] {
    return this.#sockets.of(socket);
  }

  /**
   * What nodes tell each other, beside their topics: `listener` is called with what any node sends, this one too.
   *
   * @returns sends text to all nodes; resolves as `publish()` of a topic does
   */
  link(name: string, listener: (text: string) => void): (text: string) => Promise<boolean> {
    assertTopicName(name);
    return this.#links.add(name, listener);
  }

  /** Unsubscribes all sockets, which stay open, and leaves the broker. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#sockets.clear();
    this.#links.close();
    for (const topic of this.#topics.used) topic.end();
    this.#nodes.stop();
    this.#checks.stop();
    this.#isClosed = true;
    await this.#broker.close();
  }

  /** A listener's promise was rejected. */
  override [EventEmitter.captureRejectionSymbol](error: Error, ..._event: unknown[]): void {
    this.#context.call(() => Promise.reject(error));
  }

  #createContext(whenLost: HubContext['whenLost'], onError: HubOptions['onError']): HubContext {
    const id = randomBytes(9).toString('base64url');
    const isLost = (): boolean => this.#isLost;
    let origins = 0;
    return {
      id,
      createOrigin: () => `${id}.${origins++}`,
      broker: this.#broker,
      get isBrokerLost() {
        return isLost();
      },
      whenLost,
      counts: this.#counts,
      call: (callback) => guard(callback, (error) => reportError(onError, error, undefined)),
    };
  }

  *#feeds(): Iterable<Feed> {
    for (const topic of this.#topics.used) yield* topic.feeds;
  }

  #onLost(error: unknown): void {
    if (this.#isLost || this.#isClosed) return;
    this.#isLost = true;
    this.#context.call(() => this.emit('lost', error));
  }

  #onRestored(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    for (const feed of this.#feeds()) feed.onRestored();
    this.#context.call(() => this.emit('restored'));
  }
}

function assertCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new RangeError(`Invalid ${name}: expected a whole number of 1 or more, received ${String(value)}`);
}

function closedError(): TopicError {
  return new TopicError('TOPIC_ERR_CLOSED', 'The hub is closed');
}
