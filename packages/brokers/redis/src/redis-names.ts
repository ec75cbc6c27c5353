import type { BrokerTopic } from '@turnout/topics';
import { hashSlot, tagOfSlot } from './hash-slot.ts';

export interface HistoryKeys {
  /** A hash: epoch and offset of the newest message, and the options of the history. */
  readonly position: string;
  /** A Stream, whose entries' IDs are OFFSET-0. */
  readonly stream: string;
  /** A hash: from it follows the epoch of a history that has not begun. */
  readonly epochs: string;
  /** A List: what programs outside want published. */
  readonly inbox: string;
}

/**
 * Names of keys and channels. Channels have no database in Redis, so its number is part of every name. What is in
 * braces tells a Cluster where they are: all that one script touches is in one slot.
 */
export class RedisNames {
  readonly #start: string;
  readonly #isCluster: boolean;

  /** @throws {TypeError} on a prefix with braces that do not enclose something, as slots go by them */
  constructor(prefix: string, { database, isCluster }: { readonly database: number; readonly isCluster: boolean }) {
    if (!/^[^{}]*(\{[^{}]+\}[^{}]*)?$/.test(prefix)) {
      throw new TypeError(`Invalid prefix: expected no braces, or one pair with text between, got ${prefix}`);
    }
    this.#start = `${prefix}${database}:`;
    this.#isCluster = isCluster;
  }

  /** Of what every node publishes and hears. */
  channel({ name, history }: BrokerTopic): string {
    return history === null ? `${this.#start}topic:${name}` : `${this.#start}{history:${name}}`;
  }

  /** Whose channel it is. */
  topicOf(channel: string): string {
    const rest = channel.slice(this.#start.length);
    return rest.startsWith('{') ? rest.slice('{history:'.length, -1) : rest.slice('topic:'.length);
  }

  keys({ name }: BrokerTopic): HistoryKeys {
    const start = `${this.#start}{history:${name}}`;
    return {
      position: `${start}:position`,
      stream: `${start}:stream`,
      inbox: `${start}:inbox`,
      epochs: this.sharedEpochs ?? `${this.#start}epochs:{${tagOfSlot(hashSlot(start))}}`,
    };
  }

  /** A name that no key has. */
  get probe(): string {
    return `${this.#start}probe`;
  }

  /** The hash that histories share, of which a Cluster has one for each slot instead. */
  get sharedEpochs(): string | undefined {
    return this.#isCluster ? undefined : `${this.#start}epochs`;
  }
}
