import { randomUUID } from 'node:crypto';

const kinds = ['plain', 'history', 'presence', 'both'] as const;

/** What is on in a topic: its name begins with it, and a node makes the topic accordingly. */
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

/** Whether its subscribers are told how many they are. */
export function hasPresence(kind: TopicKind): boolean {
  return kind === 'presence' || kind === 'both';
}
