import { randomUUID } from 'node:crypto';

const kinds = ['plain', 'history', 'presence', 'both'] as const;

/** The features of a topic: its name begins with them, and a node creates the topic accordingly. */
export type TopicKind = (typeof kinds)[number];

/** The name of a topic that no node has seen. */
export function freshTopic(kind: TopicKind): string {
  return `${kind}:${randomUUID()}`;
}

/** @throws {Error} on a name that {@link freshTopic} does not begin */
export function kindOf(name: string): TopicKind {
  const kind = kinds.find((start) => name.startsWith(`${start}:`));
  if (kind === undefined) throw new Error(`Invalid topic: expected ${kinds.join(', ')} before a colon, got ${name}`);
  return kind;
}

/** Whether its subscribers receive their count. */
export function hasPresence(kind: TopicKind): boolean {
  return kind === 'presence' || kind === 'both';
}
