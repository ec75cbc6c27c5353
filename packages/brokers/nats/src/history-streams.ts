import { DeliverPolicy, RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import type { HistoryOptions, Position } from '@turnout/topics';
import { isMissing, type JetStreamAccess } from './jetstream-access.ts';
import { StreamPages } from './stream-pages.ts';

/** The names that a topic with history has in JetStream. */
export interface StreamNames {
  readonly stream: string;
  /** Where it is published. */
  readonly subject: string;
  /** Where JetStream publishes it again, with its place in the stream. */
  readonly live: string;
}

export interface StreamReading {
  /** Of the newest message. */
  readonly position: Position;
  /** Null where nothing is kept. */
  readonly pages: StreamPages | null;
}

/** How long, in ms, a consumer outlives one read. */
const consumerTtl = 5_000;

/** How many bytes, roughly, are asked for at once: what the server has to keep for a slow reader, it drops the connection for. */
const pageBytes = 1024 * 1024;

/** JetStream's streams: one for each topic with history, since only then its offsets follow each other. */
export class HistoryStreams {
  readonly #access: JetStreamAccess;
  readonly #known = new Map<string, Promise<void>>();

  constructor(access: JetStreamAccess) {
    this.#access = access;
  }

  /** After a loss: a stream may be gone. */
  forget(): void {
    this.#known.clear();
  }

  async publish(names: StreamNames, history: HistoryOptions, bytes: Buffer): Promise<void> {
    await this.#using(names, history, () => this.#access.client.publish(names.subject, bytes));
  }

  /** Where a history is, and what it takes to read what it keeps since an offset. */
  open(names: StreamNames, history: HistoryOptions, since: number): Promise<StreamReading> {
    return this.#using(names, history, async () => {
      const { streams } = await this.#access.manage();
      const { state, created } = await streams.info(names.stream);
      const position = { epoch: created.replaceAll(/[^\w]/g, ''), offset: state.last_seq };
      const first = Math.max(since + 1, state.first_seq);
      if (state.messages === 0 || first > state.last_seq) return { position, pages: null };
      const consumer = await this.#access.client.consumers.get(names.stream, {
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: first,
        inactive_threshold: consumerTtl,
      });
      const size = Math.ceil(pageBytes / Math.max(1, state.bytes / state.messages));
      return { position, pages: new StreamPages(consumer, { last: state.last_seq, size }) };
    });
  }

  /** Does something with the stream of a topic: made where it is not there or has other limits, and anew where it was removed. */
  async #using<Value>(names: StreamNames, history: HistoryOptions, call: () => Promise<Value>): Promise<Value> {
    await this.#open(names, history);
    try {
      return await call();
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.#known.delete(names.stream);
      await this.#open(names, history);
      return call();
    }
  }

  #open(names: StreamNames, history: HistoryOptions): Promise<void> {
    const known = this.#known.get(names.stream);
    if (known !== undefined) return known;
    const opened = this.#access.ensure(names.stream, configurationOf(names, history));
    this.#known.set(names.stream, opened);
    opened.catch(() => this.#known.delete(names.stream));
    return opened;
  }
}

function configurationOf({ subject, live }: StreamNames, { size, ttl }: HistoryOptions): Partial<StreamConfig> {
  return {
    subjects: [subject],
    retention: RetentionPolicy.Limits,
    // In memory a stream would begin anew after a restart, and look like the one before.
    storage: StorageType.File,
    max_msgs: size,
    max_age: ttl * 1_000_000,
    // JetStream wants it no longer than the messages live.
    duplicate_window: Math.min(ttl, 120_000) * 1_000_000,
    republish: { src: subject, dest: live },
  };
}
