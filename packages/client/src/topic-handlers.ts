import type { Person, Position } from './topic-message.ts';

/** The callbacks of a subscriber. */
export interface TopicHandlers<Data = unknown> {
  /** A published message: the JSON value, or a `Uint8Array` if bytes were published. */
  onMessage?(data: Data, offset: number | undefined): void;
  /**
   * The subscription has begun or resumed; `recovered` says whether nothing was missed since its last position.
   */
  onSubscribed?(info: { readonly recovered: boolean }): void;
  /** Something was missed and will not arrive: fetch the state of the page again. */
  onGap?(): void;
  /** Who is subscribed, whenever that changes. */
  onPeople?(people: Person[]): void;
  /** How many are subscribed, if the topic tells only counts. */
  onCount?(count: number): void;
  /** The whole state, if the topic is one, whenever it changes: a new map each time. */
  onState?(entries: ReadonlyMap<string, unknown>): void;
  /** The server refuses the subscription. */
  onRefused?(reason: string): void;
}

export interface SubscribeOptions {
  /**
   * Where to begin: at a position saved by an earlier page, or with the oldest message kept. Default: now. If the topic
   * already has a subscriber, any other begins now; one whose position differs from the current one gets
   * `recovered: false` and `onGap()`.
   */
  readonly since?: Since;
}

export type Since = Position | 'oldest' | undefined;

/** What `subscribe()` returns. */
export interface Subscription {
  /**
   * The position of the last message, from which another page can continue; undefined if the topic has no history or
   * nothing has arrived.
   */
  readonly position: Position | undefined;
  /** Ends the subscription. The last one of a topic leaves the topic. */
  unsubscribe(): void;
}
