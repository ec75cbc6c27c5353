import type { TopicOptions } from '@turnout/topics';

/** The topics of the simulation: one of each kind. */
export const topics = {
  plain: { envelope: true },
  history: { history: { size: 60, ttl: 15_000 } },
  room: { envelope: true, presence: true },
  hall: { history: { size: 30, ttl: 60_000 }, presence: { leaveDelay: 300 } },
  ticker: { envelope: true, slow: 'drop-oldest', maxQueuedBytes: 2_048 },
} as const satisfies Record<string, TopicOptions>;

export type TopicName = keyof typeof topics;

export const topicNames = Object.keys(topics) as readonly TopicName[];

export function hasHistory(name: TopicName): boolean {
  return 'history' in topics[name];
}

export function hasPresence(name: TopicName): boolean {
  return 'presence' in topics[name];
}

/** Whether messages are dropped for a slow subscriber. */
export function drops(name: TopicName): boolean {
  return 'slow' in topics[name];
}
