import { BackOff } from '../bus/back-off.ts';
import type { Broker, BrokerTopic } from '../bus/broker.ts';
import type { CallQueue } from '../bus/call-queue.ts';
import { hasCode } from '../bus/errors.ts';

/** A range of a publisher's failed messages. */
export interface Mark {
  readonly topic: BrokerTopic;
  readonly origin: string;
  /** The sequence of the first message that has failed since the last mark. */
  readonly lowest: number;
  /** The sequence of the last. */
  readonly sequence: number;
}

export interface MarksParts {
  readonly broker: Broker;
  readonly calls: CallQueue;
  isLost(): boolean;
}

/**
 * Tells all nodes a publisher's last sequence after one of its messages has failed: nodes that have not received the
 * message announce a gap, even if nothing else is published. Retried until the broker has the mark.
 */
export class Marks {
  readonly #parts: MarksParts;
  /** Marks that the broker does not have yet, by origin. */
  readonly #owed = new Map<string, Mark>();
  readonly #backOff = new BackOff();
  #timer: NodeJS.Timeout | undefined;
  #isTelling = false;

  constructor(parts: MarksParts) {
    this.#parts = parts;
  }

  owe(mark: Mark): void {
    const known = this.#owed.get(mark.origin);
    const lowest = Math.min(known?.lowest ?? Infinity, mark.lowest);
    const sequence = Math.max(known?.sequence ?? 0, mark.sequence);
    this.#owed.set(mark.origin, { ...mark, lowest, sequence });
    void this.tell();
  }

  /** Sends the owed marks, if the broker can be reached. */
  async tell(): Promise<void> {
    if (this.#isTelling || this.#timer !== undefined || this.#owed.size === 0 || this.#parts.isLost()) return;
    this.#isTelling = true;
    await Promise.all([...this.#owed.values()].map((mark) => this.#parts.calls.run(() => this.#tellOne(mark))));
    this.#isTelling = false;
    if (this.#owed.size > 0) this.#tellLater();
    else this.#backOff.succeed();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#owed.clear();
  }

  async #tellOne(mark: Mark): Promise<void> {
    const { topic, origin, sequence, lowest } = mark;
    try {
      await this.#parts.broker.tell(topic, { origin, sequence, key: '', data: String(lowest), mark: true });
    } catch (error) {
      if (!hasCode(error, 'TOPIC_ERR_CLOSED')) return;
    }
    if (this.#owed.get(origin) === mark) this.#owed.delete(origin);
  }

  #tellLater(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.tell();
    }, this.#backOff.fail()).unref();
  }
}
