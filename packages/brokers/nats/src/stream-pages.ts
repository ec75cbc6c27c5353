import type { Consumer } from '@nats-io/jetstream';
import type { StoredEntry } from '@turnout/topics';

export interface StreamPagesOptions {
  /** The offset to read up to. */
  readonly last: number;
  /** Messages per page. */
  readonly size: number;
}

export interface StreamEntry extends StoredEntry {
  /** The subject on which it was published. */
  readonly subject: string;
}

/** How long, in ms, the server waits for messages that are no longer kept. */
const patience = 1_000;

/** Reads the messages of a stream page by page. */
export class StreamPages {
  readonly #consumer: Consumer;
  readonly #options: StreamPagesOptions;

  constructor(consumer: Consumer, options: StreamPagesOptions) {
    this.#consumer = consumer;
    this.#options = options;
  }

  /** @param ask gets one page by calling its argument, so that the caller can limit the time per page */
  async all(ask: (next: () => Promise<StreamEntry[]>) => Promise<StreamEntry[]>): Promise<StreamEntry[]> {
    const entries: StreamEntry[] = [];
    while ((entries.at(-1)?.offset ?? 0) < this.#options.last) {
      // oxlint-disable-next-line no-await-in-loop -- a page begins where the one before it ends
      const page = await ask(() => this.#next());
      if (page.length === 0) break;
      entries.push(...page);
    }
    void this.#close();
    return entries;
  }

  /** Empty after the last page. */
  async #next(): Promise<StreamEntry[]> {
    const { last, size } = this.#options;
    const entries: StreamEntry[] = [];
    const fetched = await this.#consumer.fetch({ max_messages: size, expires: patience });
    for await (const { seq, subject, data } of fetched) {
      entries.push({ offset: seq, subject, bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength) });
      if (seq >= last) break;
    }
    return entries;
  }

  async #close(): Promise<void> {
    // The server removes the consumer by itself after some time.
    await this.#consumer.delete().catch(() => {});
  }
}
