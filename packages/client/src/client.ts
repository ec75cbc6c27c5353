import type { Address, ClientOptions, Sendable } from './client-options.ts';
import type { SubscribeOptions, TopicHandlers } from './topic-handlers.ts';
import { Connection } from './connection.ts';
import { parseTopicMessage, type Position } from './topic-message.ts';
import { settingsOf } from './settings.ts';
import { Feed } from './feed.ts';
import { tell } from './tell.ts';

/**
 * What became of a message: `queued` until there is a connection, or `dropped`, as the queue is full or the client
 * closed.
 */
export type SendResult = 'sent' | 'queued' | 'dropped';

/** What `subscribe()` returns. */
export interface Subscription {
  /**
   * Of the last message, with which another page can go on; undefined where the topic has no history, or nothing has
   * come.
   */
  readonly position: Position | undefined;
  /** Ends it. The last one of a topic leaves the topic. */
  unsubscribe(): void;
}

/**
 * Makes a client, which begins to connect.
 *
 * @param url as of `WebSocket`; relative to the page, too; or a function, which is called for each attempt and may be
 *   asynchronous. What it throws or rejects with is an `error` event, and the next attempt asks again
 * @throws {TypeError} on a wrong address or option, which it names, and where there is no class `WebSocket`
 */
export function createClient(url: Address, options: ClientOptions = {}): Client {
  return new Client(url, options);
}

/**
 * A WebSocket that reconnects. Emits `open` whenever it is connected, `message`, `statechange`, `error` when it knows
 * why an attempt failed, `sessionended`, and `close` once, when it does not reconnect any more.
 */
export class Client extends Connection {
  readonly #maxQueued: number;
  readonly #queue: Sendable[] = [];
  /**
   * By topic. One that nobody uses any more stays until the connection ends: some of its messages are still on their
   * way.
   */
  readonly #feeds = new Map<string, Feed>();

  constructor(address: Address, options: ClientOptions) {
    const settings = settingsOf(options);
    super(address, settings);
    this.#maxQueued = settings.maxQueued;
    this.start();
  }

  /**
   * Sends a message, or keeps it until there is a connection. One that was `sent` as a connection broke may be lost.
   */
  send(data: Sendable): SendResult {
    if (this.sendNow(data)) return 'sent';
    if (this.state === 'closed' || this.#queue.length >= this.#maxQueued) return 'dropped';
    this.#queue.push(data);
    return 'queued';
  }

  /**
   * Subscribes to a topic, on this connection and all that follow; of a topic with history nothing is missed in
   * between. A topic may have several subscribers; the last one that unsubscribes leaves it.
   */
  subscribe<Data = unknown>(
    topic: string,
    handlers: TopicHandlers<Data>,
    { since }: SubscribeOptions = {},
  ): Subscription {
    const subscriber = { handlers: handlers as TopicHandlers, since };
    const feed = this.#feeds.get(topic) ?? new Feed(topic, (command) => this.sendNow(JSON.stringify(command)));
    this.#feeds.set(topic, feed);
    feed.add(subscriber);
    return {
      get position() {
        return feed.position;
      },
      unsubscribe: () => feed.remove(subscriber),
    };
  }

  protected resume(): void {
    for (const feed of this.#feeds.values()) feed.ask();
    for (const data of this.#queue.splice(0)) tell(() => this.send(data));
  }

  protected pause(): void {
    for (const [topic, feed] of this.#feeds) {
      feed.pause();
      if (!feed.isUsed) this.#feeds.delete(topic);
    }
  }

  protected take(text: string): boolean {
    const message = parseTopicMessage(text);
    const feed = message && this.#feeds.get(message.topic);
    if (!feed) return false;
    feed.take(message);
    return true;
  }

  protected isPinged(): boolean {
    return this.#feeds.size > 0;
  }
}
