import type { NatsConnection } from '@nats-io/transport-node';
import type { BrokerTopic, HistoryOptions } from '@turnout/topics';
import { isSameHistory, isTimeout, isUnanswered, optionsError } from './broker-errors.ts';

/** Topics whose first contact is remembered. */
const maxKnown = 10_000;

/** How long, in ms, nodes may take to say with which options they have a topic. Who says nothing objects to nothing. */
const answerTimeout = 300;

/** What is done before a node publishes on a topic for the first time, and not again until the connection was lost. */
export class FirstContacts {
  readonly #known = new Map<string, Promise<void>>();

  /** Makes a contact where there is none. Who waits for it goes on in the order of the calls. */
  once(topic: string, contact: () => Promise<void>): Promise<void> {
    return this.#known.get(topic) ?? this.#make(topic, contact);
  }

  /** A contact counts for nothing any more. */
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

/** What a node that has joined a topic answers to one that asks with which options. */
export function encodeOptions({ history }: BrokerTopic): string {
  return JSON.stringify({ history });
}

/**
 * Asks the nodes that have joined a topic.
 *
 * @throws {TopicError} (rejects) `TOPIC_ERR_OPTIONS` where one has other options
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

/** Resolves with undefined where nobody has joined the topic, or says so. */
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
