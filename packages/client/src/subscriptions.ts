import { Feed } from './feed.ts';
import type { SubscribeOptions, TopicHandlers } from './topic-handlers.ts';
import { parseTopicMessage, type Position } from './topic-message.ts';

/** What `subscribe()` returns. */
export interface Subscription {
  /** Of the last message, with which another page can go on; undefined where the topic has no history, or nothing has come. */
  readonly position: Position | undefined;
  /** Ends it. The last one of a topic leaves the topic. */
  unsubscribe(): void;
}

/** All topics of a client. */
export class Subscriptions {
  readonly #send: (command: object) => boolean;
  /** By topic. One that nobody uses any more stays until the connection ends: some of its messages are still on their way. */
  readonly #feeds = new Map<string, Feed>();

  /** @param send returns whether there is a connection that takes it */
  constructor(send: (command: object) => boolean) {
    this.#send = send;
  }

  /** Whether the server was asked for any. */
  get isUsed(): boolean {
    return this.#feeds.size > 0;
  }

  add(topic: string, handlers: TopicHandlers, { since }: SubscribeOptions): Subscription {
    const subscriber = { handlers, since };
    const feed = this.#feeds.get(topic) ?? new Feed(topic, this.#send);
    this.#feeds.set(topic, feed);
    feed.add(subscriber);
    return {
      get position() {
        return feed.position;
      },
      unsubscribe: () => feed.remove(subscriber),
    };
  }

  /** There is a connection: all that was subscribed to is subscribed to anew. */
  resume(): void {
    for (const feed of this.#feeds.values()) feed.ask();
  }

  /** The connection is lost. */
  pause(): void {
    for (const [topic, feed] of this.#feeds) {
      feed.pause();
      if (!feed.isUsed) this.#feeds.delete(topic);
    }
  }

  /** @returns whether it is of a topic that the server was asked for */
  take(data: unknown): boolean {
    const message = parseTopicMessage(data, (topic) => this.#feeds.has(topic));
    if (message === undefined) return false;
    this.#feeds.get(message.topic)?.take(message);
    return true;
  }
}
