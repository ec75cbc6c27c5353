import type { HistoryOptions, StoredMessage } from './broker.ts';

interface Entry extends StoredMessage {
  /** Milliseconds, on the monotonic clock. */
  readonly expiresAt: number;
}

/** The newest messages of a topic, up to `size` and no older than `ttl`, consecutive. */
export class HistoryRing {
  readonly #options: HistoryOptions;
  readonly #entries: Entry[] = [];
  /** The index of the newest entry. */
  #newest = -1;
  #offset: number;

  /** @param offset of the newest message that it no longer holds */
  constructor(options: HistoryOptions, offset: number) {
    this.#options = options;
    this.#offset = offset;
  }

  /** The offset of the newest message. */
  get offset(): number {
    return this.#offset;
  }

  /** @param stored the message after the newest */
  push(stored: StoredMessage): void {
    const { size, ttl } = this.#options;
    this.#newest = (this.#newest + 1) % size;
    this.#entries[this.#newest] = { ...stored, expiresAt: performance.now() + ttl };
    this.#offset = stored.offset;
  }

  /** All messages after an offset, in order; `null` if some of them are gone or not there yet. */
  after(offset: number): StoredMessage[] | null {
    if (offset > this.#offset) return null;
    const messages = this.#last(this.#offset - offset);
    return messages.length === this.#offset - offset ? messages : null;
  }

  /** All messages held, in order. */
  all(): StoredMessage[] {
    return this.#last(this.#entries.length);
  }

  /** Whether every message it held has expired. */
  get isEmpty(): boolean {
    return this.#last(1).length === 0;
  }

  /** Up to `count` of the newest messages, without the expired ones. */
  #last(count: number): StoredMessage[] {
    const now = performance.now();
    const messages: StoredMessage[] = [];
    for (let back = Math.min(count, this.#entries.length) - 1; back >= 0; back--) {
      const entry = this.#entries[(this.#newest - back + this.#options.size) % this.#options.size]!;
      if (entry.expiresAt > now) messages.push(entry);
    }
    return messages;
  }
}
