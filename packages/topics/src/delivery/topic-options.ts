import type { HistoryOptions } from '../bus/broker.ts';
import { longestDetails } from '../people/person.ts';

/**
 * What happens to a subscriber that reads more slowly than the topic is published: `close` closes it with 1013 once it
 * has been behind for 10 s and more than `maxQueuedBytes` waits, or once it takes nothing for `sendTimeout`. The others
 * keep what it has not taken, up to `maxQueuedBytes`, and drop messages: the oldest, the newest, or with `latest` those
 * that a newer one with the same key makes stale.
 */
export type SlowPolicy = 'close' | 'drop-oldest' | 'drop-newest' | 'latest';

export interface TopicOptions {
  /** Default `close`. */
  readonly slow?: SlowPolicy;
  /** Bytes of messages that wait for one slow subscriber, beside those its socket holds. Default 256 KiB. */
  readonly maxQueuedBytes?: number;
  /**
   * Keeps the newest messages, for who comes or comes back: `size` messages, default 1,000, for `ttl` ms, default
   * 120,000. They arrive in an envelope then, with their position.
   */
  readonly history?: boolean | Partial<HistoryOptions>;
  /**
   * Puts messages into an envelope, which is JSON, with the topic's name: text is JSON then, and bytes are Base64.
   * Default: only with `history`.
   */
  readonly envelope?: boolean;
  /** Keeps who is subscribed, on all nodes. Default `false`; `true` is all defaults of {@link PresenceOptions}. */
  readonly presence?: boolean | Partial<PresenceOptions>;
}

export interface PresenceOptions {
  /** How long, in ms, somebody may be away before that is told. 0 to 2,147,483,647, default 0. */
  readonly leaveDelay: number;
  /** What subscribers of a topic with an envelope are sent: who is there, or how many are. Default `people`. */
  readonly tell: 'people' | 'counts';
  /** How long the details of a person may be, as JSON. 0 to 16,384, default 1,024. */
  readonly maxDetailsBytes: number;
}

export interface ResolvedTopicOptions {
  readonly slow: SlowPolicy;
  readonly maxQueuedBytes: number;
  readonly history: HistoryOptions | null;
  readonly envelope: boolean;
  /** null for no presence. */
  readonly presence: PresenceOptions | null;
}

const policies: ReadonlySet<unknown> = new Set<SlowPolicy>(['close', 'drop-oldest', 'drop-newest', 'latest']);
const defaultHistory: HistoryOptions = { size: 1_000, ttl: 120_000 };
const defaultPresence: PresenceOptions = { leaveDelay: 0, tell: 'people', maxDetailsBytes: 1_024 };
const longestDelay = 2 ** 31 - 1;

/** @throws {TypeError | RangeError} on a wrong option, which it names */
export function resolveTopicOptions(options: TopicOptions): ResolvedTopicOptions {
  const { slow = 'close', maxQueuedBytes = 256 * 1024, history = false, presence = false } = options;
  if (!policies.has(slow)) {
    throw new TypeError(`Invalid slow: expected one of ${[...policies].join(', ')}, received ${String(slow)}`);
  }
  assertWhole('maxQueuedBytes', maxQueuedBytes, { min: 1 });
  const resolvedHistory = history === false ? null : { ...defaultHistory, ...(history === true ? {} : history) };
  if (resolvedHistory !== null) {
    assertWhole('history.size', resolvedHistory.size, { min: 1, max: 100_000 });
    assertWhole('history.ttl', resolvedHistory.ttl, { min: 1 });
  }
  const { envelope = resolvedHistory !== null } = options;
  if (resolvedHistory !== null && !envelope) throw new TypeError('Invalid envelope: a topic with history has one');
  return { slow, maxQueuedBytes, history: resolvedHistory, envelope, presence: resolvePresence(presence) };
}

function resolvePresence(presence: boolean | Partial<PresenceOptions>): PresenceOptions | null {
  if (presence === false) return null;
  const resolved = { ...defaultPresence, ...(presence === true ? {} : presence) };
  const { leaveDelay, tell, maxDetailsBytes } = resolved;
  assertWhole('presence.leaveDelay', leaveDelay, { min: 0, max: longestDelay });
  assertWhole('presence.maxDetailsBytes', maxDetailsBytes, { min: 0, max: longestDetails });
  if (tell !== 'people' && tell !== 'counts') {
    throw new TypeError(`Invalid presence.tell: expected people or counts, received ${String(tell)}`);
  }
  return { leaveDelay, tell, maxDetailsBytes };
}

function assertWhole(
  name: string,
  value: unknown,
  { min, max = Number.MAX_SAFE_INTEGER }: { min: number; max?: number },
): void {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return;
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  throw new RangeError(`Invalid ${name}: expected a whole number of ${range}, received ${String(value)}`);
}
