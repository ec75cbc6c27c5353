import type { BrokerTopic, TopicError } from '@turnout/topics';
import { inUseScript } from './history-scripts.ts';
import type { RedisConnections } from './redis-connections.ts';
import { otherOptions } from './redis-errors.ts';

interface Contact {
  readonly verdict: Promise<void>;
  readonly madeAt: number;
}

/** How long, in ms, the result of a check is valid. */
const lifetime = 10_000;

const done = Promise.resolve();

/** How many topics are remembered. */
const maxContacts = 10_000;

/**
 * Detects whether other nodes have a topic with history that this one has without, or vice versa: neither would receive
 * the other's messages.
 */
export class TopicContacts {
  readonly #contacts = new Map<string, Contact>();

  /**
   * Called before a message is published. Messages that wait for the same check continue in order.
   *
   * @param settle sets the history's options to this node's
   */
  check(connections: RedisConnections, topic: BrokerTopic, settle: () => Promise<void>): Promise<void> {
    if (isOfHubs(topic)) return done;
    const known = this.#contacts.get(topic.name);
    if (known !== undefined && performance.now() - known.madeAt < lifetime) return known.verdict;
    if (this.#contacts.size >= maxContacts) this.#contacts.clear();
    const verdict = Promise.all([assertOwnKind(connections, topic), settle()]).then(() => {});
    verdict.catch(() => this.#contacts.delete(topic.name));
    this.#contacts.set(topic.name, { verdict, madeAt: performance.now() });
    return verdict;
  }

  /** Forgets all results, which may be outdated. */
  clear(): void {
    this.#contacts.clear();
  }
}

/**
 * Called before topics are joined.
 *
 * @throws {TopicError} (rejects) if other nodes are subscribed to one of them as the other kind
 */
export async function assertSameKind(connections: RedisConnections, topics: readonly BrokerTopic[]): Promise<void> {
  const shared = topics.filter((topic) => !isOfHubs(topic));
  if (shared.length === 0) return;
  const channels = shared.map((topic) => connections.names.channel(otherKind(topic)));
  const counts = await connections.countSubscribers(channels);
  const other = shared.find((_, index) => (counts[index] ?? 0) > 0);
  if (other !== undefined) throw isOtherKind(other);
}

/** Called before a publish: nodes that published on the topic may be gone by now. */
async function assertOwnKind(connections: RedisConnections, topic: BrokerTopic): Promise<void> {
  const { position } = connections.names.keys(topic);
  const [isInUse] = await Promise.all([
    topic.history === null ? connections.run(inUseScript, [position], []) : 0,
    assertSameKind(connections, [topic]),
  ]);
  if (isInUse === 1) throw isOtherKind(topic);
}

/** Internal topics of hubs are always of one kind. */
function isOfHubs({ name }: BrokerTopic): boolean {
  return name.startsWith('\u0000');
}

function isOtherKind({ name, history }: BrokerTopic): TopicError {
  return otherOptions(name, history === null ? 'a history' : 'no history');
}

function otherKind({ name, history }: BrokerTopic): BrokerTopic {
  return { name, history: history === null ? { size: 1, ttl: 1 } : null };
}
