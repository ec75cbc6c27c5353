import type { BrokerTopic } from '@turnout/topics';
import { hashSlot, tagOfSlot } from './hash-slot.ts';

export interface HistoryKeys {
  /** A hash: epoch and offset of the newest message, and the options of the history. */
  readonly position: string;
  /** A Stream, whose entries' IDs are OFFSET-0. */
  readonly stream: string;
  /** A hash from which the epoch of a history that has not started is derived. */
  readonly epochs: string;
  /** A List of messages from other programs. */
  readonly inbox: string;
}

/**
 * Names of keys and channels. Redis channels are not part of a database, so every name includes its number. The part in
 * braces selects the slot in a Cluster: all keys of one script are in one slot.
 */
export class RedisNames {
  readonly #start: string;
  readonly #isCluster: boolean;

  /** @throws {TypeError} on a prefix with unbalanced or empty braces, as braces select the slot */
  constructor(prefix: string, { database, isCluster }: { readonly database: number; readonly isCluster: boolean }) {
    if (!/^[^{}]*(\{[^{}]+\}[^{}]*)?$/.test(prefix)) {
      throw new TypeError(`Invalid prefix: expected no braces, or one pair with text between, got ${prefix}`);
    }
    this.#start = `${prefix}${database}:`;
    this.#isCluster = isCluster;
  }

  /** The channel on which every node publishes and subscribes. */
  channel({ name, history }: BrokerTopic): string {
    return history === null ? `${this.#start}topic:${name}` : `${this.#start}{history:${name}}`;
  }

  /** The name of a channel's topic. */
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

  /** A key that does not exist. */
  get probe(): string {
    return `${this.#start}probe`;
  }

  /** The hash that all histories share; undefined in a Cluster, which has one per slot instead. */
  get sharedEpochs(): string | undefined {
    return this.#isCluster ? undefined : `${this.#start}epochs`;
  }
}
