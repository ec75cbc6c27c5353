import {
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { HistoryOptions, Position } from '@turnout/topics';

/** The names that a topic with history has in JetStream. */
export interface StreamNames {
  readonly stream: string;
  /** Where it is published. */
  readonly subject: string;
  /** Where JetStream publishes it again, with its place in the stream. */
  readonly live: string;
}

/** A message as it is stored. */
export interface StoredEntry {
  readonly offset: number;
  readonly bytes: Buffer;
}

export interface StoredPage {
  readonly position: Position;
  readonly entries: readonly StoredEntry[];
}

/** How long, in ms, a consumer outlives one read. */
const consumerTtl = 5_000;

/** JetStream's streams: one for each topic with history, since only then its offsets follow each other. */
export class Streams {
  readonly #replicas: number;
  readonly #client: JetStreamClient;
  readonly #connection: NatsConnection;
  #manager: Promise<JetStreamManager> | undefined;
  readonly #known = new Map<string, Promise<StreamInfo>>();

  constructor(connection: NatsConnection, replicas: number) {
    this.#connection = connection;
    this.#client = jetstream(connection);
    this.#replicas = replicas;
  }

  /** After a loss: a stream may be gone. */
  forget(): void {
    this.#known.clear();
  }

  async publish(names: StreamNames, history: HistoryOptions, bytes: Buffer): Promise<void> {
    await this.#open(names, history);
    try {
      await this.#client.publish(names.subject, bytes);
    } catch (error) {
      // It may have been removed: it is made anew for the next.
      this.#known.delete(names.stream);
      throw error;
    }
  }

  async read(names: StreamNames, history: HistoryOptions, since: number): Promise<StoredPage> {
    const { created } = await this.#open(names, history);
    const manager = await this.#manage();
    const { state, created: now } = await manager.streams.info(names.stream);
    if (now !== created) this.#known.delete(names.stream);
    const position = { epoch: now.replaceAll(/[^\w]/g, ''), offset: state.last_seq };
    const first = Math.max(since + 1, state.first_seq);
    if (state.messages === 0 || first > state.last_seq) return { position, entries: [] };
    return { position, entries: await this.#fetch(names, first, state.last_seq) };
  }

  async #fetch({ stream }: StreamNames, first: number, last: number): Promise<StoredEntry[]> {
    const consumer = await this.#client.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: first,
      inactive_threshold: consumerTtl,
    });
    const entries: StoredEntry[] = [];
    const fetched = await consumer.fetch({ max_messages: last - first + 1, expires: consumerTtl });
    for await (const message of fetched) {
      entries.push({ offset: message.seq, bytes: bytesOf(message) });
      if (message.seq >= last) break;
    }
    await consumer.delete().catch(() => {});
    return entries;
  }

  /** The stream of a topic, made where it is not there, or has other limits. */
  #open(names: StreamNames, history: HistoryOptions): Promise<StreamInfo> {
    const known = this.#known.get(names.stream);
    if (known !== undefined) return known;
    const opened = this.#create(names, history);
    this.#known.set(names.stream, opened);
    opened.catch(() => this.#known.delete(names.stream));
    return opened;
  }

  async #create({ stream, subject, live }: StreamNames, { size, ttl }: HistoryOptions): Promise<StreamInfo> {
    const { streams } = await this.#manage();
    const config = {
      subjects: [subject],
      retention: RetentionPolicy.Limits,
      // In memory a stream would begin anew after a restart, and look like the one before.
      storage: StorageType.File,
      num_replicas: this.#replicas,
      max_msgs: size,
      max_age: ttl * 1_000_000,
      // JetStream wants it no longer than the messages live.
      duplicate_window: Math.min(ttl, 120_000) * 1_000_000,
      republish: { src: subject, dest: live },
    };
    try {
      return await streams.add({ name: stream, ...config });
    } catch (error) {
      // It is there with other limits.
      return streams.update(stream, config).catch(() => {
        throw error;
      });
    }
  }

  #manage(): Promise<JetStreamManager> {
    this.#manager ??= jetstreamManager(this.#connection).catch((error: unknown) => {
      this.#manager = undefined;
      throw error;
    });
    return this.#manager;
  }
}

function bytesOf({ data }: JsMsg): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
