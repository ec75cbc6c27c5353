import type { BusMessage } from '../bus/broker.ts';

/**
 * What has become of a message that was published here: `sent` where the broker has not answered yet, `confirmed` where
 * it has the message, which has not come back yet, and `kept` where only this node delivers it.
 */
type Fate = 'sent' | 'confirmed' | 'kept';

interface Entry {
  readonly message: BusMessage;
  readonly except: unknown;
  /** How many messages of others had come when it was published. */
  readonly others: number;
  fate: Fate;
}

/** Confirmed messages that are remembered until they come back, and the bytes of them. */
const [maxConfirmed, maxConfirmedBytes] = [2_000, 1024 * 1024];

/** Messages of one feed from when they are published here until they come back from the bus, in order. */
export class Outgoing {
  readonly #entries = new Map<number, Entry>();
  #confirmed = 0;
  #confirmedBytes = 0;
  #others = 0;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** The first that the broker has not answered yet. */
  get firstSent(): number | undefined {
    for (const [sequence, { fate }] of this.#entries) if (fate === 'sent') return sequence;
    return undefined;
  }

  /** A message of another publisher has come. */
  onOther(): void {
    this.#others++;
  }

  add(message: BusMessage, except: unknown): void {
    this.#entries.set(message.sequence, { message, except, others: this.#others, fate: 'sent' });
  }

  /** The broker has it. */
  confirm(sequence: number): void {
    const entry = this.#entries.get(sequence);
    if (entry === undefined) return;
    entry.fate = 'confirmed';
    this.#confirmed++;
    this.#confirmedBytes += entry.message.data.length;
    for (const [oldest, { fate }] of this.#entries) {
      if (this.#confirmed <= maxConfirmed && this.#confirmedBytes <= maxConfirmedBytes) break;
      if (fate === 'confirmed') this.remove(oldest);
    }
  }

  /** This node alone delivers it: once it is {@link due}. */
  keep(sequence: number): void {
    const entry = this.#entries.get(sequence);
    if (entry !== undefined) entry.fate = 'kept';
  }

  get(sequence: number): BusMessage | undefined {
    return this.#entries.get(sequence)?.message;
  }

  /** It came back, or will not. */
  remove(sequence: number): Omit<Entry, 'fate' | 'others'> | undefined {
    const entry = this.#entries.get(sequence);
    if (entry === undefined) return undefined;
    this.#entries.delete(sequence);
    if (entry.fate === 'confirmed') {
      this.#confirmed--;
      this.#confirmedBytes -= entry.message.data.length;
    }
    return entry;
  }

  /**
   * What this node is to deliver now, in order: messages that it keeps, and before them those that the broker has and
   * that will not come back in time. None of them overtakes one that may still come back. A confirmed one is left out
   * where messages of others have come since: it would come after them, out of order, and is missing.
   */
  due(): BusMessage[] {
    const due: BusMessage[] = [];
    let dueCount = 0;
    for (const { message, fate, others } of this.#entries.values()) {
      if (fate === 'sent') break;
      if (fate === 'confirmed' && others !== this.#others) continue;
      due.push(message);
      if (fate === 'kept') dueCount = due.length;
    }
    return due.slice(0, dueCount);
  }

  /**
   * A message came back: what this node keeps of those before it. Those that are confirmed have been lost on the way.
   */
  keptBefore(sequence: number): BusMessage[] {
    const kept: BusMessage[] = [];
    for (const [earlier, { message, fate }] of this.#entries) {
      if (earlier >= sequence) break;
      if (fate === 'kept') kept.push(message);
      else if (fate === 'confirmed') this.remove(earlier);
    }
    return kept;
  }

  /** What the broker has will not come back: it was lost. */
  forgetConfirmed(): void {
    for (const [sequence, { fate }] of this.#entries) if (fate === 'confirmed') this.remove(sequence);
  }

  /** Nobody on this node is interested any more. What the broker has not answered yet is still on its way. */
  forgetSettled(): void {
    for (const [sequence, { fate }] of this.#entries) if (fate !== 'sent') this.remove(sequence);
  }
}
