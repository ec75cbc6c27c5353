import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { guard, reportError, type WebSocket } from '@turnout/core';
import type { Broker } from './broker.ts';
import { Channel } from './channel.ts';
import type { Node } from './node.ts';
import { TopicError } from './errors.ts';
import type { HubCounts } from './hub-counts.ts';
import { MemoryBroker } from './memory-broker.ts';
import { NodeWatch } from './node-watch.ts';
import { QueueBudget } from './outlet.ts';
import { TopicCommands, type Admit } from './topic-commands.ts';
import { Topic, type TopicHost } from './topic.ts';
import { assertTopicName } from './topic-name.ts';
import { resolveTopicOptions, type ResolvedTopicOptions, type TopicOptions } from './topic-options.ts';

export interface HubOptions {
  /** What carries messages to other nodes. Default: none, this process is alone. */
  readonly broker?: Broker;
  /**
   * While the broker is away: `deliver-locally`, the default, has what is published reach the subscribers of this node;
   * `fail` has `publish()` reject. Topics with history always fail.
   */
  readonly whenLost?: Node['whenLost'];
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
  readonly #node: Node;
  readonly #nodes: NodeWatch;
  readonly #host: TopicHost;
  readonly #maxTopicsPerSocket: number;
  /** Those that somebody would miss. */
  readonly #used = new Map<string, Topic>();
  /** All others that the application may still hold. */
  readonly #idle = new Map<string, WeakRef<Topic>>();
  readonly #forgotten = new FinalizationRegistry<string>((name) => {
    if (this.#idle.get(name)?.deref() === undefined) this.#idle.delete(name);
  });
  readonly #bySocket = new Map<WebSocket, Set<Topic>>();
  readonly #links = new Map<string, Link>();
  readonly #checking: NodeJS.Timeout;
  #isChecking = false;
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
    this.#node = this.#createNode(whenLost, new QueueBudget(maxTotalQueuedBytes), onError);
    this.#checking = setInterval(() => void this.#checkHistories(), historyCheckInterval).unref();
    this.#nodes = new NodeWatch(this.#node, presenceInterval);
    this.#host = {
      node: this.#node,
      nodes: this.#nodes,
      onSubscribed: (socket, topic) => this.#onSubscribed(socket, topic),
      onUnsubscribed: (socket, topic) => this.#bySocket.get(socket)?.delete(topic),
      onUse: (topic) => this.#onUse(topic),
    };
    broker.start({
      onLost: (error) => this.#onLost(error),
      onRestored: () => this.#onRestored(),
      onForeign: (topic, reason) => {
        this.#counts.foreign++;
        this.#node.call(() => this.emit('foreign', { topic, reason }));
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
    const known = this.#used.get(name) ?? this.#idle.get(name)?.deref();
    const resolved = resolveTopicOptions(options);
    if (known === undefined) return this.#create(name, resolved);
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
    return [...(this.#bySocket.get(socket) ?? [])];
  }

  /**
   * What nodes tell each other, beside their topics: `listener` is called with what any node sends, this one too.
   *
   * @returns sends text to all nodes; resolves as `publish()` of a topic does
   */
  link(name: string, listener: (text: string) => void): (text: string) => Promise<boolean> {
    assertTopicName(name);
    const link = this.#links.get(name) ?? this.#createLink(name);
    link.listeners.push(listener);
    return (text) => link.channel.publish(text);
  }

  /** Unsubscribes all sockets, which stay open, and leaves the broker. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    for (const [socket, topics] of this.#bySocket) for (const topic of topics) topic.unsubscribe(socket);
    for (const { channel } of this.#links.values()) channel.release();
    for (const topic of this.#used.values()) topic.end();
    this.#nodes.stop();
    clearInterval(this.#checking);
    this.#isClosed = true;
    await this.#broker.close();
  }

  /** A listener's promise was rejected. */
  override [EventEmitter.captureRejectionSymbol](error: Error, ..._event: unknown[]): void {
    this.#node.call(() => Promise.reject(error));
  }

  #createNode(whenLost: Node['whenLost'], queueBudget: QueueBudget, onError: HubOptions['onError']): Node {
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
      queueBudget,
      call: (callback) => guard(callback, (error) => reportError(onError, error, undefined)),
    };
  }

  #create(name: string, options: ResolvedTopicOptions): Topic {
    const topic = new Topic(name, options, this.#host);
    this.#idle.set(name, new WeakRef(topic));
    this.#forgotten.register(topic, name);
    return topic;
  }

  #createLink(name: string): Link {
    const listeners: Link['listeners'] = [];
    const channel = new Channel({ name: `\u0000link:${name}`, history: null }, this.#node, {
      onMessage: ({ data }) => {
        for (const listener of listeners) this.#node.call(() => listener(String(data)));
      },
      onGap: () => {},
    });
    const link = { channel, listeners };
    this.#links.set(name, link);
    channel.hold().catch(() => {});
    return link;
  }

  #onUse(topic: Topic): void {
    if (topic.isInUse) {
      this.#used.set(topic.name, topic);
      this.#idle.delete(topic.name);
    } else if (this.#used.delete(topic.name)) {
      this.#idle.set(topic.name, new WeakRef(topic));
      this.#forgotten.register(topic, topic.name);
    }
  }

  #onSubscribed(socket: WebSocket, topic: Topic): void {
    const topics = this.#bySocket.get(socket);
    if (topics === undefined) {
      this.#bySocket.set(socket, new Set([topic]));
      socket.on('close', () => this.#onClosed(socket));
      return;
    }
    if (topics.size >= this.#maxTopicsPerSocket) {
      throw new RangeError(`Cannot subscribe: the socket has ${topics.size} topics already (maxTopicsPerSocket)`);
    }
    topics.add(topic);
  }

  #onClosed(socket: WebSocket): void {
    for (const topic of this.topicsOf(socket)) topic.unsubscribe(socket);
    this.#bySocket.delete(socket);
  }

  /** One after the other, so that many topics are no burst. */
  async #checkHistories(): Promise<void> {
    if (this.#isChecking || this.#isLost) return;
    this.#isChecking = true;
    for (const topic of this.#used.values()) {
      for (const { follower } of topic.channels) await follower?.verify();
    }
    this.#isChecking = false;
  }

  #onLost(error: unknown): void {
    if (this.#isLost || this.#isClosed) return;
    this.#isLost = true;
    this.#node.call(() => this.emit('lost', error));
  }

  #onRestored(): void {
    if (!this.#isLost) return;
    this.#isLost = false;
    for (const topic of this.#used.values()) for (const channel of topic.channels) channel.onRestored();
    this.#node.call(() => this.emit('restored'));
  }
}

/** One for all that listen under a name: a broker joins a name once. */
interface Link {
  readonly channel: Channel;
  readonly listeners: ((text: string) => void)[];
}

function assertCount(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new RangeError(`Invalid ${name}: expected a whole number of 1 or more, received ${String(value)}`);
}

function closedError(): TopicError {
  return new TopicError('TOPIC_ERR_CLOSED', 'The hub is closed');
}
