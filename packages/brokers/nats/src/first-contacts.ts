import type { NatsConnection } from '@nats-io/transport-node';
import type { BrokerTopic, HistoryOptions } from '@turnout/topics';
import { isSameHistory, isTimeout, isUnanswered, optionsError } from './broker-errors.ts';

/** How many topics' first contacts are remembered. */
const maxKnown = 10_000;

/** How long, in ms, nodes may take to answer with their options of a topic. No answer means no objection. */
const answerTimeout = 300;

/** Checks made before a node first publishes on a topic, and again only after the connection was lost. */
export class FirstContacts {
  readonly #known = new Map<string, Promise<void>>();

  /** Makes the first contact unless it was made. Waiting calls continue in order. */
  once(topic: string, contact: () => Promise<void>): Promise<void> {
    return this.#known.get(topic) ?? this.#make(topic, contact);
  }

  /** Invalidates a contact. */
  forget(topic: string, contact: Promise<void>): void {
    if (this.#known.get(topic) === contact) this.#known.delete(topic);
  }

  forgetAll(): void {
    this.#known.clear();
  }

  #make(topic: string, contact: () => Promise<void>): Promise<void> {
    const [oldest] = this.#known.keys();
    if (this.#known.size === maxKnown && oldest !== undefined) this.#known.delete(oldest);
    const made = contact();
    this.#known.set(topic, made);
    made.catch(() => this.forget(topic, made));
    return made;
  }
}

/** The answer of a node that has joined a topic to a node that asks for its options. */
export function encodeOptions({ history }: BrokerTopic): string {
  return JSON.stringify({ history });
}

/**
 * Asks the nodes that have joined a topic for their options.
 *
 * @throws {TopicError} (rejects) `TOPIC_ERR_OPTIONS` if one of them has other options
 */
export async function assertSameOptions(
  connection: NatsConnection,
  subject: string,
  { name, history }: BrokerTopic,
): Promise<void> {
  const there = await askOptions(connection, subject);
  if (there === undefined || isSameHistory(history, there)) return;
  throw optionsError(name, { here: history, there, where: 'another node' });
}

/** Resolves with undefined if nobody has joined the topic, or nobody answers. */
async function askOptions(connection: NatsConnection, subject: string): Promise<HistoryOptions | null | undefined> {
  try {
    const { history } = (await connection.request(subject, '', { timeout: answerTimeout })).json<{
      history?: HistoryOptions | null;
    }>();
    return history;
  } catch (error) {
    if (isUnanswered(error) || isTimeout(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
