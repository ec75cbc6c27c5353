import type { BusMessage } from '../bus/broker.ts';

/**
 * The state of a message published on this node: `sent` until the broker answers, `confirmed` once the broker has it
 * but the bus has not returned it yet, and `kept` if only this node delivers it.
 */
type Fate = 'sent' | 'confirmed' | 'kept';

interface Entry {
  readonly message: BusMessage;
  readonly except: unknown;
  /** How many messages of other publishers had arrived when it was published. */
  readonly others: number;
  fate: Fate;
}

/** How many confirmed messages are remembered until the bus returns them, and how many bytes of them. */
const [maxConfirmed, maxConfirmedBytes] = [2_000, 1024 * 1024];

/** Messages that one feed has published and the bus has not returned yet, in order. */
export class Outgoing {
  readonly #entries = new Map<number, Entry>();
  #confirmed = 0;
  #confirmedBytes = 0;
  #others = 0;

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** The first message that the broker has not answered yet. */
  get firstSent(): number | undefined {
    for (const [sequence, { fate }] of this.#entries) if (fate === 'sent') return sequence;
    return undefined;
  }

  /** A message of another publisher has arrived. */
  onOther(): void {
    this.#others++;
  }

  add(message: BusMessage, except: unknown): void {
    this.#entries.set(message.sequence, { message, except, others: this.#others, fate: 'sent' });
  }

  /** The broker has the message. */
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

  /** Only this node delivers the message, once it is {@link due}. */
  keep(sequence: number): void {
    const entry = this.#entries.get(sequence);
    if (entry !== undefined) entry.fate = 'kept';
  }

  get(sequence: number): BusMessage | undefined {
    return this.#entries.get(sequence)?.message;
  }

  /** The bus returned the message, or never will. */
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
   * What this node must deliver itself now, in order: kept messages, and before them confirmed ones that the bus will
   * not return in time. None of them overtakes a message that may still be returned. A confirmed message is left out if
   * messages of other publishers have arrived since: it would be delivered out of order, so it counts as missing.
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
   * The bus returned a message: returns the kept messages before it. Confirmed messages before it were lost by the bus.
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

  /** The broker was lost: the bus will not return confirmed messages. */
  forgetConfirmed(): void {
    for (const [sequence, { fate }] of this.#entries) if (fate === 'confirmed') this.remove(sequence);
  }

  /**
   * Nobody on this node receives the topic any more. Messages that the broker has not answered yet are still in flight.
   */
  forgetSettled(): void {
    for (const [sequence, { fate }] of this.#entries) if (fate !== 'sent') this.remove(sequence);
  }
}
