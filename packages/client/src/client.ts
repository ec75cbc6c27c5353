import type { Address, ClientOptions, Sendable } from './client-options.ts';
import type { SubscribeOptions, Subscription, TopicHandlers } from './topic-handlers.ts';
import { Connection } from './connection.ts';
import { parseTopicMessage } from './topic-message.ts';
import { settingsOf } from './settings.ts';
import { Feed } from './feed.ts';
import { LiveState } from './live-state.ts';
import { tell } from './tell.ts';

/**
 * What happened to a message: `queued` until there is a connection, or `dropped` because the queue is full or the
 * client is closed.
 */
export type SendResult = 'sent' | 'queued' | 'dropped';

/**
 * Creates a client and starts connecting.
 *
 * @param url as for `WebSocket`, or relative to the page; or a function, which is called for each attempt and may be
 *   asynchronous. If it throws or rejects, the client emits `error`, and the next attempt calls it again
 * @throws {TypeError} that names an invalid address or option, or a missing `WebSocket` class
 */
export function createClient(url: Address, options: ClientOptions = {}): Client {
  return new Client(url, options);
}

/**
 * A WebSocket that reconnects. Emits `open` each time it connects, `message`, `statuschange`, `error` if it knows why
 * an attempt failed, `sessionended`, and `close` once, when it will not reconnect.
 */
export class Client extends Connection {
  readonly #maxQueuedMessages: number;
  readonly #queue: Sendable[] = [];
  /**
   * By topic. An unused feed stays until the connection ends, because some of its messages may still be in flight.
   */
  readonly #feeds = new Map<string, Feed>();

  constructor(address: Address, options: ClientOptions) {
    const settings = settingsOf(options);
    super(address, settings);
    this.#maxQueuedMessages = settings.maxQueuedMessages;
    this.start();
  }

  /**
   * Sends a message, or queues it until there is a connection. A message `sent` as a connection broke may be lost.
   */
  send(data: Sendable): SendResult {
    if (this.sendNow(data)) return 'sent';
    if (this.status === 'closed' || this.#queue.length >= this.#maxQueuedMessages) return 'dropped';
    this.#queue.push(data);
    return 'queued';
  }

  /**
   * Subscribes to a topic on this connection and all later ones; with a history, nothing is missed in between. A topic
   * may have several subscribers; the last one to unsubscribe leaves it.
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

  /** A state that this client always has as the server has it. Call its `close()` when it is no longer shown. */
  state<Value = unknown>(name: string): LiveState<Value> {
    return new LiveState<Value>(this, name);
  }

  protected resume(): void {
    for (const [, feed] of this.#feeds) feed.ask();
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
