import type { Address, ClientOptions, Sendable } from './client-options.ts';
import { Connection } from './connection.ts';
import { settingsOf } from './settings.ts';
import { Subscriptions, type Subscription } from './subscriptions.ts';
import type { SubscribeOptions, TopicHandlers } from './topic-handlers.ts';

/** What became of a message: `queued` until there is a connection, or `dropped`, as the queue is full or the client closed. */
export type SendResult = 'sent' | 'queued' | 'dropped';

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
 * A WebSocket that reconnects. Emits `open` whenever it is connected, `message`, `statechange`, `error` when it knows why an
 * attempt failed, `sessionended`, and `close` once, when it does not reconnect any more.
 */
export class Client extends Connection {
  readonly #maxQueued: number;
  readonly #queue: Sendable[] = [];
  readonly #subscriptions = new Subscriptions((command) => this.transmit(JSON.stringify(command)));

  constructor(address: Address, options: ClientOptions) {
    const settings = settingsOf(options);
    super(address, settings);
    this.#maxQueued = settings.maxQueued;
    this.start();
  }

  /** Sends a message, or keeps it until there is a connection. One that was `sent` as a connection broke may be lost. */
  send(data: Sendable): SendResult {
    if (this.transmit(data)) return 'sent';
    if (this.state === 'closed' || this.#queue.length >= this.#maxQueued) return 'dropped';
    this.#queue.push(data);
    return 'queued';
  }

  /**
   * Subscribes to a topic, on this connection and all that follow; of a topic with history nothing is missed in between. A
   * topic may have several subscribers; the last one that unsubscribes leaves it.
   */
  subscribe<Data = unknown>(
    topic: string,
    handlers: TopicHandlers<Data>,
    options: SubscribeOptions = {},
  ): Subscription {
    return this.#subscriptions.add(topic, handlers as TopicHandlers, options);
  }

  protected resume(): void {
    this.#subscriptions.resume();
    while (this.#queue[0] !== undefined && this.transmit(this.#queue[0])) this.#queue.shift();
  }

  protected pause(): void {
    this.#subscriptions.pause();
    if (this.state === 'closed') this.#queue.length = 0;
  }

  protected take(data: unknown): boolean {
    return this.#subscriptions.take(data);
  }

  protected isPinged(): boolean {
    return this.#subscriptions.isUsed;
  }
}
