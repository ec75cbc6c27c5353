import {
  flag,
  group,
  milliseconds,
  oneOf,
  resolveOptions,
  whole,
  type OptionsFor,
  type Resolved,
} from '@turnout/core/options';
import type { HistoryOptions } from '../bus/broker.ts';
import { longestDetails } from '../people/person.ts';

/**
 * What happens to a subscriber that reads more slowly than the topic is published. `close` closes it with 1013 once it
 * has been behind for 10 s and more than `maxQueuedBytes` are buffered, or once it takes nothing for `sendTimeout`. The
 * others queue up to `maxQueuedBytes` and drop messages: the oldest, the newest, or with `latest` those that a newer
 * one with the same key makes stale.
 */
export type SlowPolicy = 'close' | 'drop-oldest' | 'drop-newest' | 'latest';

export interface TopicOptions {
  /** Default `close`. */
  readonly slow?: SlowPolicy;
  /**
   * Bytes queued for one slow subscriber, besides those that its socket buffers: 1 or more, or `Infinity`. Default 256
   * KiB.
   */
  readonly maxQueuedBytes?: number;
  /**
   * Keeps the newest messages for subscribers that join or reconnect: `size` messages, 1 to 100,000, default 1,000, for
   * `ttl` ms, 100 to 1,000,000,000,000, default 120,000. Messages then arrive in an envelope, with their position.
   */
  readonly history?: boolean | Partial<HistoryOptions>;
  /**
   * Wraps messages in a JSON envelope with the topic's name: text must then be JSON, and bytes are sent as Base64.
   * Default: only with `history`.
   */
  readonly envelope?: boolean;
  /** Tracks who is subscribed, on all nodes. Default `false`; `true` for the defaults of {@link PresenceOptions}. */
  readonly presence?: boolean | Partial<PresenceOptions>;
}

export interface PresenceOptions {
  /** How long, in ms, a person may be away before others are told. 0 to 2,147,483,647, default 0. */
  readonly leaveDelay: number;
  /** What subscribers of a topic with an envelope receive: who is present, or how many. Default `people`. */
  readonly tell: 'people' | 'counts';
  /** The most bytes that a person's details may have as JSON. 0 to 16,384, default 1,024. */
  readonly maxDetailsBytes: number;
}

export const historyOptions = {
  size: whole({ default: 1_000, min: 1, max: 100_000, unit: 'messages' }),
  // JetStream's minimum is 100 ms. The value never reaches a timer, so it may exceed 2^31 - 1.
  ttl: milliseconds({ default: 120_000, min: 100, max: 1_000_000_000_000 }),
} satisfies OptionsFor<HistoryOptions>;

export const presenceOptions = {
  leaveDelay: milliseconds({ default: 0 }),
  tell: oneOf(['people', 'counts'], 'people'),
  maxDetailsBytes: whole({ default: 1_024, max: longestDetails, unit: 'bytes' }),
} satisfies OptionsFor<PresenceOptions>;

export const topicOptions = {
  slow: oneOf<SlowPolicy, SlowPolicy>(['close', 'drop-oldest', 'drop-newest', 'latest'], 'close'),
  maxQueuedBytes: whole({ default: 256 * 1024, min: 1, unit: 'bytes', infinity: true }),
  history: group(historyOptions),
  envelope: flag(undefined),
  presence: group(presenceOptions),
} satisfies OptionsFor<TopicOptions>;

/** `history` and `presence` are null if the topic does not have them. */
export type ResolvedTopicOptions = Resolved<typeof topicOptions> & { readonly envelope: boolean };

/** @throws {TypeError | RangeError} on an invalid option, which it names */
export function resolveTopicOptions(options: TopicOptions | undefined): ResolvedTopicOptions {
  const resolved = resolveOptions(topicOptions, options);
  const { history, envelope = history !== null } = resolved;
  if (history !== null && !envelope) {
    throw new TypeError('Invalid option envelope: expected true because a topic with history needs one, got false');
  }
  return { ...resolved, envelope };
}
