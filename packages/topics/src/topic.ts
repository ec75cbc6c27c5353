import { EventEmitter } from 'node:events';
import type { WebSocket } from '@turnout/core';
import type { StoredMessage } from './bus/broker.ts';
import { Audience, type Subscriber, type TopicCounts } from './delivery/audience.ts';
import {
  resolvePublish,
  resolveSubscribe,
  resolveUnsubscribe,
  type PublishOptions,
  type SubscribeOptions,
  type UnsubscribeOptions,
} from './delivery/call-options.ts';
import { Feed } from './feed/feed.ts';
import type { HubContext } from './feed/hub-context.ts';
import { assertJson, Envelope, type Subscribed } from './delivery/envelope.ts';
import type { HistoryPart } from './feed/history-part.ts';
import type { PeopleExchange } from './people/people-exchange.ts';
import { PeopleNotices } from './delivery/people-notices.ts';
import type { QueueBudget } from './delivery/queue-budget.ts';
import { createProfile, type Person, type Profile } from './people/person.ts';
import type { Position } from './bus/position.ts';
import { Presence, type PeopleChanges } from './people/presence.ts';
import { Replay } from './delivery/replay.ts';
import type { PresenceOptions, ResolvedTopicOptions } from './delivery/topic-options.ts';
import type { TopicEvents } from './topic-events.ts';

/** What a topic uses of its hub. */
export interface TopicHost {
  readonly context: HubContext;
  readonly people: PeopleExchange;
  readonly queueBudget: QueueBudget;
  /** @throws {RangeError} if the socket has too many subscriptions */
  onSubscribed(socket: WebSocket, topic: Topic): void;
  onUnsubscribed(socket: WebSocket, topic: Topic): void;
  /** Whether the topic is in use may have changed. */
  onUse(topic: Topic): void;
}

/** A named channel: sockets subscribe to it, and the application publishes messages to it. */
export class Topic extends EventEmitter<TopicEvents> {
  readonly name: string;
  readonly options: ResolvedTopicOptions;
  readonly #host: TopicHost;
  readonly #feed: Feed;
  readonly #envelope: Envelope | undefined;
  readonly #presence: Presence | undefined;
  readonly #notices: PeopleNotices | undefined;
  readonly #audience: Audience;
  #follows = 0;

  constructor(name: string, options: ResolvedTopicOptions, host: TopicHost) {
    super({ captureRejections: true });
    this.name = name;
    this.options = options;
    this.#host = host;
    this.#envelope = options.envelope ? new Envelope(name) : undefined;
    this.#audience = new Audience({ name, options, budget: host.queueBudget }, this.#envelope);
    this.#feed = new Feed({ name, history: options.history }, host.context, {
      onMessage: (message, position, except) => this.#audience.deliver(message, position, except),
      onGap: () => this.#onGap(),
      onEpoch: (epoch) => this.#audience.tell('epoch', epoch),
      check: (data) => this.#check(data),
    });
    if (options.presence !== null) {
      this.#presence = this.#createPresence(options.presence);
      this.#notices = this.#createNotices(this.#presence, options.presence);
    }
    const onUse = (): void => host.onUse(this);
    // Emitted before the listener is added, but after it is removed.
    (this as EventEmitter).on('newListener', () => queueMicrotask(onUse));
    (this as EventEmitter).on('removeListener', onUse);
  }

  /** The number of sockets subscribed on this node. */
  get size(): number {
    return this.#audience.size;
  }

  get counts(): TopicCounts {
    return this.#audience.counts;
  }

  /** Whether it has subscribers, followers or listeners. */
  get isInUse(): boolean {
    const names = ['join', 'leave', 'change', 'gap'] as const;
    return this.size > 0 || this.#follows > 0 || names.some((name) => this.listenerCount(name) > 0);
  }

  get feed(): Feed {
    return this.#feed;
  }

  /**
   * Who is subscribed, on all nodes, as far as this node knows. It learns that soon after its first subscriber, or
   * after {@link follow}.
   */
  people(): Person[] {
    return this.#presence?.people() ?? [];
  }

  /** Tracks who is subscribed on other nodes even if nobody is on this one, until the returned function is called. */
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
   * Sends a socket every publication from now on, until it closes or is unsubscribed. A socket that is already
   * subscribed is unsubscribed first.
   *
   * With history, the messages missed since a position are sent first: each once, in order, or none of them and
   * `recovered: false`. The caller must check each time whether the client may receive them.
   *
   * @returns the start of the subscription; `null` if the socket was closed or unsubscribed meanwhile
   * @throws {TypeError | RangeError} (rejects) on `since` without history, a malformed person, and over
   *   `maxTopicsPerSocket`
   * @throws {TopicError} (rejects) if the broker cannot be reached, unless the topic is without history and `whenLost`
   *   is `deliver-locally`
   */
  subscribe(socket: WebSocket, options?: SubscribeOptions): Promise<Subscribed | null> {
    return this.#host.context.outcome(this.#subscribe(socket, options));
  }

  /** @returns whether the socket was subscribed */
  unsubscribe(socket: WebSocket, options?: UnsubscribeOptions): boolean {
    const { atOnce } = resolveUnsubscribe(options);
    const subscriber = this.#audience.remove(socket);
    if (subscriber === undefined) return false;
    const { profile, outlet } = subscriber;
    this.#notices?.forget(socket);
    if (profile !== undefined && outlet !== undefined) this.#presence?.leave(profile.person, { atOnce });
    this.#presence?.release();
    this.#feed.release();
    this.#host.onUnsubscribed(socket, this);
    this.#host.onUse(this);
    return true;
  }

  /**
   * Sends a message to all subscribers on all nodes, in the same order to all.
   *
   * @param message bytes or text; if the topic has an envelope, text must be JSON
   * @returns whether the broker has the message; `false` if the broker is lost and only the subscribers of this node
   *   were sent it. A rejection that nobody awaits goes to the hub's `onError`
   * @throws {TypeError} synchronously if the message is neither text nor bytes, or not JSON where JSON is required, and
   *   on an invalid option
   * @throws {TopicError} synchronously with `TOPIC_ERR_TOO_LONG`; rejects if the message could not be published
   */
  publish(message: string | Uint8Array, options?: PublishOptions): Promise<boolean> {
    const { except, key } = resolvePublish(options);
    if (typeof message !== 'string' && !(message instanceof Uint8Array)) {
      throw new TypeError(`Invalid message of topic ${this.name}: expected text or bytes, got ${typeof message}`);
    }
    this.#check(message);
    const data = typeof message === 'string' ? message : Buffer.from(message);
    return this.#host.context.outcome(this.#feed.publish({ data, key, except }));
  }

  /** A listener's promise was rejected. */
  override [EventEmitter.captureRejectionSymbol](error: Error, ..._event: unknown[]): void {
    this.#host.context.call(() => Promise.reject(error));
  }

  /** The hub is closed. */
  end(): void {
    this.#presence?.end();
  }

  #profileOf(person: Person | undefined): Profile | undefined {
    const maxDetailsBytes = this.options.presence?.maxDetailsBytes ?? Infinity;
    return person === undefined ? undefined : createProfile(person, maxDetailsBytes);
  }

  #add(subscriber: Subscriber): Subscriber {
    this.#host.onSubscribed(subscriber.socket, this);
    this.#audience.add(subscriber);
    this.#presence?.hold();
    this.#host.onUse(this);
    return subscriber;
  }

  async #subscribe(socket: WebSocket, options: SubscribeOptions | undefined): Promise<Subscribed | null> {
    const { since, person, onSubscribed } = resolveSubscribe(options);
    if (since !== undefined && this.options.history === null) {
      throw new TypeError(`Invalid since: topic ${this.name} has no history`);
    }
    const profile = this.#profileOf(person);
    if (socket.readyState !== socket.OPEN) return null;
    this.unsubscribe(socket);
    const subscriber = this.#add({ socket, profile, onSubscribed, outlet: undefined });
    try {
      await this.#feed.hold();
      const read = this.#audience.has(subscriber) ? await this.#read(since) : null;
      return this.#audience.has(subscriber) ? await this.#begin(subscriber, read) : null;
    } catch (error) {
      if (this.#audience.has(subscriber)) this.unsubscribe(socket);
      throw error;
    }
  }

  async #read(since: SubscribeOptions['since']): Promise<HistoryPart | null> {
    if (since === undefined) return null;
    const follower = this.#feed.follower!;
    return since === 'oldest' ? follower.readKept() : follower.readSince(since);
  }

  /** @returns `null` if it was unsubscribed meanwhile */
  async #begin(subscriber: Subscriber, read: HistoryPart | null): Promise<Subscribed | null> {
    const { socket } = subscriber;
    const { position } = this.#feed;
    const missed = read && this.#feed.follower!.joinRecent(read);
    const start = position && { ...position, offset: (missed?.[0]?.offset ?? position.offset + 1) - 1 };
    const subscribed: Subscribed = { ...start, recovered: missed !== null };
    this.#audience.note(socket, 'subscribed', subscribed);
    const replay = missed && this.#createReplay(socket, start!, missed);
    let state = replay?.send();
    while (state === 'full') {
      // oxlint-disable-next-line no-await-in-loop -- a pause
      const isOpen = await socket.drained();
      if (!isOpen && this.#audience.has(subscriber)) this.unsubscribe(socket);
      if (!this.#audience.has(subscriber)) return null;
      state = replay!.send();
    }
    if (state === 'overtaken') this.#skip(socket, replay!.offset);
    // From the end of the replay to here in one turn: no message can arrive between the missed messages and the live
    // ones.
    this.#goLive(subscriber, subscribed);
    return subscribed;
  }

  #createReplay(socket: WebSocket, start: Position, missed: readonly StoredMessage[]): Replay {
    return new Replay({ socket, envelope: this.#envelope!, follower: this.#feed.follower!, start, missed });
  }

  /** The history advances faster than the subscriber reads. */
  #skip(socket: WebSocket, offset: number): void {
    const position = this.#feed.position!;
    this.#audience.countDropped(Math.max(1, position.offset - offset));
    this.#audience.note(socket, 'gap', position);
  }

  #goLive(subscriber: Subscriber, subscribed: Subscribed): void {
    const { socket, profile } = subscriber;
    subscriber.onSubscribed?.(subscribed);
    this.#audience.goLive(subscriber);
    const epoch = this.#feed.position?.epoch;
    // It changed during the replay.
    if (epoch !== subscribed.epoch) this.#audience.note(socket, 'epoch', epoch);
    if (profile !== undefined) this.#presence?.join(profile);
    this.#notices?.welcome(socket);
  }

  /** @throws {TypeError} on text that is not JSON, if the topic has an envelope */
  #check(data: string | Uint8Array): void {
    if (this.#envelope !== undefined && typeof data === 'string') assertJson(this.name, data);
  }

  #onGap(): void {
    this.#audience.tell('gap', this.#feed.position ?? {});
    this.#host.context.call(() => this.emit('gap'));
  }

  #createPresence({ leaveDelay }: PresenceOptions): Presence {
    return new Presence({
      topic: this.name,
      exchange: this.#host.people,
      leaveDelay,
      onChanges: (changes) => this.#onPeople(changes),
    });
  }

  #createNotices(presence: Presence, { tell }: PresenceOptions): PeopleNotices | undefined {
    const envelope = this.#envelope;
    return envelope && new PeopleNotices({ audience: this.#audience, envelope, presence, tell });
  }

  #onPeople(changes: PeopleChanges): void {
    this.#notices?.onChanges(changes);
    for (const { person } of changes.joined) this.#host.context.call(() => this.emit('join', person));
    for (const { person } of changes.changed) this.#host.context.call(() => this.emit('change', person));
    for (const { person } of changes.left) this.#host.context.call(() => this.emit('leave', person));
  }
}
