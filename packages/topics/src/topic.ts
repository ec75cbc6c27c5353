import { EventEmitter } from 'node:events';
import { prepareMessage, type WebSocket } from '@turnout/core';
import type { BusMessage, StoredMessage } from './broker.ts';
import type { PublishOptions, SubscribeOptions, UnsubscribeOptions } from './call-options.ts';
import { Channel } from './channel.ts';
import type { Node } from './node.ts';
import { assertJson, Envelope, type Subscribed } from './envelope.ts';
import type { HistoryPart } from './history-follower.ts';
import type { NodeWatch } from './node-watch.ts';
import { createOutlet, type Delivery, type Outlet, type OutletOwner } from './outlet.ts';
import { assertPerson, type Person } from './person.ts';
import type { Position } from './position.ts';
import { Presence } from './presence.ts';
import { Replay } from './replay.ts';
import type { ResolvedTopicOptions } from './topic-options.ts';

export interface TopicEvents {
  /** Somebody has come, with their first socket on any node. */
  join: [person: Person];
  /** Somebody has gone, with their last socket on any node. */
  leave: [person: Person];
  /** Messages are missing on this node, and will not come. */
  gap: [];
}

/** What has happened to a topic's messages on this node. */
export interface TopicCounts {
  /** Messages that came for the subscribers of this node. */
  readonly messages: number;
  /** Messages that one subscriber was not sent, as it was too slow. */
  readonly dropped: number;
}

/** A topic's place among the others of its hub. */
export interface TopicHost {
  readonly node: Node;
  readonly nodes: NodeWatch;
  /** @throws {RangeError} where the socket is subscribed to too many */
  onSubscribed(socket: WebSocket, topic: Topic): void;
  onUnsubscribed(socket: WebSocket, topic: Topic): void;
  /** Whether it is to be kept has changed. */
  onUse(topic: Topic): void;
}

interface Subscriber {
  readonly socket: WebSocket;
  readonly person: Person | undefined;
  readonly onSubscribed: SubscribeOptions['onSubscribed'];
  /** Undefined until all that was missed has been sent. */
  outlet: Outlet | undefined;
}

/** A name that sockets subscribe to, and messages are published under. */
export class Topic extends EventEmitter<TopicEvents> {
  readonly name: string;
  readonly options: ResolvedTopicOptions;
  readonly #host: TopicHost;
  readonly #channel: Channel;
  readonly #envelope: Envelope | undefined;
  readonly #presence: Presence | undefined;
  readonly #outletOwner: OutletOwner;
  readonly #subscribers = new Map<WebSocket, Subscriber>();
  readonly #counts = { messages: 0, dropped: 0 };
  #follows = 0;

  constructor(name: string, options: ResolvedTopicOptions, host: TopicHost) {
    super({ captureRejections: true });
    this.name = name;
    this.options = options;
    this.#host = host;
    this.#outletOwner = { name, options, budget: host.node.queueBudget };
    this.#envelope = options.envelope ? new Envelope(name) : undefined;
    this.#channel = new Channel({ name, history: options.history }, host.node, {
      onMessage: (message, position, except) => this.#deliver(message, position, except),
      onGap: () => this.#onGap(),
    });
    if (options.presence !== null) this.#presence = this.#createPresence(options.presence);
    const onUse = (): void => host.onUse(this);
    // Told before the listener is added, and after it is removed.
    (this as EventEmitter).on('newListener', () => queueMicrotask(onUse));
    (this as EventEmitter).on('removeListener', onUse);
  }

  /** Sockets that are subscribed on this node. */
  get size(): number {
    return this.#subscribers.size;
  }

  get counts(): TopicCounts {
    return { ...this.#counts };
  }

  /** Whether anybody would miss it. */
  get isInUse(): boolean {
    const names = ['join', 'leave', 'gap'] as const;
    return this.size > 0 || this.#follows > 0 || names.some((name) => this.listenerCount(name) > 0);
  }

  get channels(): readonly Channel[] {
    return this.#presence === undefined ? [this.#channel] : [this.#channel, this.#presence.channel];
  }

  /** Who is subscribed, on all nodes, as far as this one knows: it does soon after its first subscriber, or {@link follow}. */
  people(): Person[] {
    return this.#presence?.people() ?? [];
  }

  /** Learns who is subscribed on other nodes also while nobody is on this one, until the function it returns is called. */
  follow(): () => void {
    this.#follows++;
    this.#presence?.hold();
    this.#host.onUse(this);
    let isFollowing = true;
    return () => {
      if (!isFollowing) return;
      isFollowing = false;
      this.#follows--;
      this.#presence?.release();
      this.#host.onUse(this);
    };
  }

  /**
   * Sends a socket all that is published from now on, until it closes or is unsubscribed. Where it is subscribed already,
   * it begins anew.
   *
   * With history, what it has missed since a position comes first: each message once, in order, or nothing of it and
   * `recovered: false`. Whether the client may have it is for the caller to say, each time.
   *
   * @returns how it begins; `null` where the socket has closed, or was unsubscribed, meanwhile
   * @throws {TypeError | RangeError} (rejects) on `since` without history, a malformed person, and over `maxTopicsPerSocket`
   * @throws {TopicError} (rejects) where the broker can't be reached, unless there is no history and `whenLost` is
   *   `deliver-locally`
   */
  async subscribe(socket: WebSocket, options: SubscribeOptions = {}): Promise<Subscribed | null> {
    const { since, person } = options;
    if (since !== undefined && this.options.history === null) {
      throw new TypeError(`Invalid since: topic ${this.name} has no history`);
    }
    if (person !== undefined) assertPerson(person);
    if (socket.readyState !== socket.OPEN) return null;
    this.unsubscribe(socket);
    const subscriber = this.#add(socket, options);
    try {
      await this.#channel.hold();
      const read = this.#has(subscriber) ? await this.#read(since) : null;
      return this.#has(subscriber) ? await this.#begin(subscriber, read) : null;
    } catch (error) {
      if (this.#has(subscriber)) this.unsubscribe(socket);
      throw error;
    }
  }

  /** @returns whether it was subscribed */
  unsubscribe(socket: WebSocket, { atOnce = false }: UnsubscribeOptions = {}): boolean {
    const subscriber = this.#subscribers.get(socket);
    if (subscriber === undefined) return false;
    this.#subscribers.delete(socket);
    subscriber.outlet?.end();
    if (subscriber.person !== undefined && subscriber.outlet !== undefined) {
      this.#presence?.leave(subscriber.person.id, atOnce);
    }
    this.#presence?.release();
    this.#channel.release();
    this.#host.onUnsubscribed(socket, this);
    this.#host.onUse(this);
    return true;
  }

  /**
   * Sends a message to all subscribers, on all nodes; in the same order to all.
   *
   * @param message bytes or text; where the topic has an envelope, text is JSON
   * @returns whether the broker has it; `false` where it can't be reached, and only the subscribers of this node were sent it
   * @throws {TypeError} (rejects) on a message that is none, or is to be JSON and is not
   * @throws {TopicError} (rejects) where it can't be published
   */
  async publish(message: string | Uint8Array, { except, key = '' }: PublishOptions = {}): Promise<boolean> {
    if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
      throw new TypeError(`Invalid message of topic ${this.name}: expected text or bytes, received ${typeof message}`);
    }
    if (this.#envelope !== undefined && typeof message === 'string') assertJson(this.name, message);
    const data = typeof message === 'string' ? message : Buffer.from(message);
    return this.#channel.publish(data, { key, ...(except && { except }) });
  }

  /** A listener's promise was rejected. */
  override [EventEmitter.captureRejectionSymbol](error: Error, ..._event: unknown[]): void {
    this.#host.node.call(() => Promise.reject(error));
  }

  /** The hub is closed. */
  end(): void {
    this.#presence?.end();
  }

  #add(socket: WebSocket, { person, onSubscribed }: SubscribeOptions): Subscriber {
    this.#host.onSubscribed(socket, this);
    const subscriber: Subscriber = { socket, person, onSubscribed, outlet: undefined };
    this.#subscribers.set(socket, subscriber);
    this.#presence?.hold();
    this.#host.onUse(this);
    return subscriber;
  }

  /** Whether it has neither left nor begun anew. */
  #has(subscriber: Subscriber): boolean {
    return this.#subscribers.get(subscriber.socket) === subscriber;
  }

  async #read(since: SubscribeOptions['since']): Promise<HistoryPart | null> {
    if (since === undefined) return null;
    const follower = this.#channel.follower!;
    return since === 'oldest' ? follower.readKept() : follower.readSince(since);
  }

  /** @returns `null` where it has left meanwhile */
  async #begin(subscriber: Subscriber, read: HistoryPart | null): Promise<Subscribed | null> {
    const { socket } = subscriber;
    const { position } = this.#channel;
    const missed = read && this.#channel.follower!.joinRecent(read);
    const start = position && { ...position, offset: (missed?.[0]?.offset ?? position.offset + 1) - 1 };
    const subscribed: Subscribed = { ...start, recovered: missed !== null };
    this.#note(socket, 'subscribed', subscribed);
    const replay = missed && this.#createReplay(socket, start!, missed);
    let state = replay?.send();
    while (state === 'full') {
      // oxlint-disable-next-line no-await-in-loop -- a pause
      const isOpen = await socket.drained();
      if (!isOpen && this.#has(subscriber)) this.unsubscribe(socket);
      if (!this.#has(subscriber)) return null;
      state = replay!.send();
    }
    if (state === 'overtaken') this.#skip(socket, replay!.offset);
    // From the end of the replay to here in one turn: no message comes between what was missed and what is live.
    this.#goLive(subscriber, subscribed);
    return subscribed;
  }

  #createReplay(socket: WebSocket, start: Position, missed: readonly StoredMessage[]): Replay {
    return new Replay({ socket, envelope: this.#envelope!, follower: this.#channel.follower!, start, missed });
  }

  /** Its history has gone on faster than it reads. */
  #skip(socket: WebSocket, offset: number): void {
    const position = this.#channel.position!;
    this.#counts.dropped += Math.max(1, position.offset - offset);
    this.#note(socket, 'gap', position);
  }

  #goLive(subscriber: Subscriber, subscribed: Subscribed): void {
    const { socket, person } = subscriber;
    subscriber.onSubscribed?.(subscribed);
    subscriber.outlet = createOutlet(socket, this.#outletOwner);
    if (person !== undefined) this.#presence?.join(person);
    if (this.#presence !== undefined) this.#note(socket, 'people', this.people());
  }

  #deliver({ data, key }: BusMessage, position: Position | null, except: unknown): void {
    this.#counts.messages++;
    const message = this.#envelope?.message(data, position?.offset) ?? data;
    const delivery: Delivery = { prepared: prepareMessage(message), size: Buffer.byteLength(message), key };
    for (const { socket, outlet } of this.#subscribers.values()) {
      if (outlet !== undefined && socket !== except) this.#counts.dropped += outlet.deliver(delivery);
    }
  }

  #onGap(): void {
    this.#tell('gap', this.#channel.position ?? {});
    this.#host.node.call(() => this.emit('gap'));
  }

  #createPresence(leaveDelay: number): Presence {
    const { node, nodes } = this.#host;
    const listener = {
      onJoin: (person: Person) => {
        this.#tell('joined', person);
        node.call(() => this.emit('join', person));
      },
      onLeave: (person: Person) => {
        this.#tell('left', person);
        node.call(() => this.emit('leave', person));
      },
    };
    return new Presence(this.name, { node, nodes, leaveDelay, listener });
  }

  #note(socket: WebSocket, name: string, value: unknown): void {
    if (this.#envelope !== undefined) socket.send(this.#envelope.note(name, value));
  }

  /** Something about the topic, to the subscribers of this node. */
  #tell(name: string, value: unknown): void {
    if (this.#envelope === undefined) return;
    const prepared = prepareMessage(this.#envelope.note(name, value));
    for (const { socket, outlet } of this.#subscribers.values()) if (outlet !== undefined) socket.send(prepared);
  }
}
