import type { BusMessage } from '../bus/broker.ts';

/** Nodes whose last message is remembered. */
const maxOrigins = 1_024;

/** How far the messages of each node have come, on a topic without history. */
export class PublisherSequences {
  readonly #last = new Map<string, number>();

  /** Whether a message is the next of its node, has come already, or comes where others should have before. */
  note({ origin, sequence }: BusMessage): 'next' | 'duplicate' | 'after-gap' {
    const last = this.#last.get(origin);
    if (last !== undefined && sequence <= last) return 'duplicate';
    if (last === undefined && this.#last.size === maxOrigins) {
      const [oldest] = this.#last.keys();
      this.#last.delete(oldest!);
    }
    this.#last.set(origin, sequence);
    return last === undefined || sequence === last + 1 ? 'next' : 'after-gap';
  }

  clear(): void {
    this.#last.clear();
  }
}
