import type { TopicOptions } from '@turnout/topics';

/** Publishes; answered with whether the broker has it. */
export interface NodeCommand {
  readonly id: number;
  readonly topic: string;
  readonly message: string;
}

/** By the name, so that all nodes have the same. */
export function topicOptionsOf(name: string): TopicOptions {
  if (name.startsWith('kept')) return { history: { size: 100_000, ttl: 600_000 } };
  if (name.startsWith('room')) return { presence: true, envelope: true };
  return { envelope: true };
}
