import type { BrokerTopic, TopicError } from '@turnout/topics';
import { inTime } from './in-time.ts';
import type { RedisConnections } from './redis-connections.ts';
import { isRefusal, toTopicError } from './redis-errors.ts';

export interface Resubscribing {
  /** How long, in ms, one step may take. */
  readonly timeout: number;
  onRefused(topic: string, error: TopicError): void;
}

/** How many channels are subscribed per step. */
const step = 512;

/** Subscribes to the channels of many topics in steps. The time limit applies to each step, not to all of them. */
export async function resubscribe(
  connections: RedisConnections,
  topics: Iterable<BrokerTopic>,
  how: Resubscribing,
): Promise<void> {
  let some: BrokerTopic[] = [];
  for (const topic of topics) {
    some.push(topic);
    if (some.length < step) continue;
    // oxlint-disable-next-line no-await-in-loop -- one step after the other
    await subscribe(connections, some, how);
    some = [];
  }
  if (some.length > 0) await subscribe(connections, some, how);
}

/** One refused channel must not prevent the others from being subscribed. */
async function subscribe(
  connections: RedisConnections,
  topics: readonly BrokerTopic[],
  how: Resubscribing,
): Promise<void> {
  const channels = topics.map((topic) => connections.names.channel(topic));
  try {
    await inTime(connections.subscribe(channels), how.timeout);
  } catch (error) {
    const [{ name } = { name: '' }] = topics;
    if (!isRefusal(error)) throw error;
    if (topics.length === 1) return how.onRefused(name, toTopicError(error, name));
    const half = topics.length >> 1;
    await subscribe(connections, topics.slice(0, half), how);
    await subscribe(connections, topics.slice(half), how);
  }
}
