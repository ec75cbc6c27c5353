import type { BrokerTopic, Join, TopicError } from '@turnout/topics';
import { isSameHistory } from './broker-errors.ts';
import { conflictOf, isKept, type HistoryState, type KeptTopic } from './history-streams.ts';
import { JoinedTopic, type JoinedTopicParts } from './joined-topic.ts';

export interface JoinedTopicsParts extends JoinedTopicParts {
  /** The subject on which messages of a topic without history arrive. */
  readonly plainSubject: (topic: string) => string;
  /** Finds the state of a history. */
  readonly find: (topic: KeptTopic) => Promise<HistoryState>;
}

/** How many topics are joined again before waiting for an answer of the server. */
const rejoinBatch = 512;

/** All topics that this node has joined. */
export class JoinedTopics {
  readonly #parts: JoinedTopicsParts;
  readonly #all = new Map<string, JoinedTopic>();

  constructor(parts: JoinedTopicsParts) {
    this.#parts = parts;
  }

  /** @throws {TopicError} (rejects) with the error of one that could not be joined, once all others are */
  async join(joins: readonly Join[]): Promise<void> {
    const failures: unknown[] = [];
    const joined = await this.#prepare(joins, failures);
    for (const one of joined) one.subscribe(this.#subjectOf(one.topic));
    await this.#parts.connection.flush();
    for (const one of joined) {
      try {
        one.settle();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  leave({ name }: BrokerTopic): void {
    this.#all.get(name)?.unsubscribe();
    this.#all.delete(name);
  }

  /**
   * The state of a history was found.
   *
   * @throws {TopicError} `TOPIC_ERR_OPTIONS` if its stream has other limits; a topic that is joined already goes on
   *   with them, and an event reports it once
   */
  note(topic: KeptTopic, state: HistoryState): void {
    const conflict = conflictOf(topic, state);
    const joined = this.#all.get(topic.name);
    if (joined !== undefined) joined.note(topic, state, conflict);
    else if (conflict !== undefined) throw conflict;
  }

  /**
   * The connection is lost. Ends the subscriptions: on reconnecting, the client would send all of them at once, and
   * could be considered dead meanwhile.
   */
  onLost(): void {
    for (const joined of this.#all.values()) joined.unsubscribe();
  }

  /** Joins all topics again, at the pace of the server. There is no time limit, as the client keeps sending pings. */
  async rejoin(): Promise<void> {
    const all = [...this.#all.values()];
    for (let start = 0; start < all.length; start += rejoinBatch) {
      const batch = all.slice(start, start + rejoinBatch);
      for (const joined of batch) joined.subscribe(this.#subjectOf(joined.topic));
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      await this.#parts.connection.flush();
      for (const joined of batch) this.#settleAgain(joined);
    }
  }

  leaveAll(): void {
    for (const joined of this.#all.values()) joined.unsubscribe();
    this.#all.clear();
  }

  #settleAgain(joined: JoinedTopic): void {
    try {
      joined.settle();
    } catch (error) {
      this.#parts.events.onRefused(joined.topic.name, error as TopicError);
    }
  }

  /** Republished messages have no epoch: it must be known before the first one arrives. */
  async #prepare(joins: readonly Join[], failures: unknown[]): Promise<JoinedTopic[]> {
    const joined: JoinedTopic[] = [];
    for (const result of await Promise.allSettled(joins.map((join) => this.#prepareOne(join)))) {
      if (result.status === 'fulfilled') joined.push(result.value);
      else failures.push(result.reason);
    }
    return joined;
  }

  async #prepareOne({ topic, receiver }: Join): Promise<JoinedTopic> {
    const state = isKept(topic) ? await this.#parts.find(topic) : undefined;
    const joined = this.#known(topic) ?? new JoinedTopic(topic, receiver, this.#parts);
    this.#all.set(topic.name, joined);
    joined.receiver = receiver;
    if (isKept(topic) && state !== undefined) this.note(topic, state);
    return joined;
  }

  #known(topic: BrokerTopic): JoinedTopic | undefined {
    const known = this.#all.get(topic.name);
    if (known === undefined || isSameHistory(known.topic.history, topic.history)) return known;
    this.leave(topic);
    return undefined;
  }

  #subjectOf(topic: BrokerTopic): string {
    return isKept(topic) ? this.#parts.names.live('*', topic.name) : this.#parts.plainSubject(topic.name);
  }
}
