import type { BusMessage, StoredMessage } from '../bus/broker.ts';
import { RecentPublishers } from './recent-publishers.ts';

export interface HistoryBefore {
  /** The messages of the history before that are held. */
  readonly held: readonly StoredMessage[];
  /** Whether the epoch is another one. */
  readonly isNew: boolean;
}

/** The last sequence delivered from each publisher, whatever history the message was in. */
export class Delivered {
  readonly #last = new RecentPublishers<number>();

  note({ origin, sequence }: BusMessage): void {
    // A publisher without sequence numbers says nothing about its earlier messages.
    if (sequence > 0) this.#last.set(origin, sequence);
  }

  /**
   * How many of the first messages of another history were delivered. If the epoch is new and none is known to have
   * been delivered, those that may have been count.
   */
  countIn(read: readonly StoredMessage[], { held, isNew }: HistoryBefore): number {
    const last = read.findLastIndex(({ message }) => held.some((stored) => isSame(stored.message, message)));
    if (last !== -1 || !isNew) return last + 1;
    return read.findLastIndex(({ message }) => !this.#follows(message)) + 1;
  }

  /** Whether the publisher sent it after its last delivered message. */
  #follows({ origin, sequence }: BusMessage): boolean {
    return sequence > (this.#last.get(origin) ?? Infinity);
  }
}

export function isSame(one: BusMessage, other: BusMessage): boolean {
  return one.origin === other.origin && one.sequence === other.sequence;
}
