import type { Person, Position } from './topic-message.ts';

/** What a subscriber is told of a topic. */
export interface TopicHandlers<Data = unknown> {
  /** What was published: the value of JSON, or a `Uint8Array` where it was bytes. */
  onMessage(data: Data, offset: number | undefined): void;
  /**
   * The subscription has begun, or was resumed; `recovered` says whether nothing was missed since the position it had.
   */
  onSubscribed?(info: { readonly recovered: boolean }): void;
  /** Something was missed and will not come: fetch anew what the page shows. */
  onGap?(): void;
  /** Who is subscribed, whenever that has changed. */
  onPeople?(people: Person[]): void;
  /** How many are subscribed, of a topic that tells no more. */
  onCount?(count: number): void;
  /** The server does not give the topic to this client. */
  onRefused?(reason: string): void;
}

export interface SubscribeOptions {
  /**
   * Where to begin: at a position of an earlier page, or with all that is kept. Default: now. On a topic that has a
   * subscriber already every other begins now; one that gives another position than the current is told
   * `recovered: false` and `onGap()`.
   */
  readonly since?: Since;
}

export type Since = Position | 'oldest' | undefined;
