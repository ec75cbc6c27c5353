import { DeliverPolicy, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import type { BrokerTopic, HistoryOptions, Position } from '@turnout/topics';
import { isSameHistory, optionsError } from './broker-errors.ts';
import type { Epochs } from './epochs.ts';
import type { JetStreamAccess } from './jetstream-access.ts';
import type { Names } from './names.ts';
import { StreamPages } from './stream-pages.ts';

/** A topic with history. */
export type KeptTopic = BrokerTopic & { readonly history: HistoryOptions };

export function isKept(topic: BrokerTopic): topic is KeptTopic {
  return topic.history !== null;
}

/** What is known of a history. */
export interface HistoryState {
  /** Of the newest message. */
  readonly position: Position;
  /** Null where nothing was published yet: there is no stream then. */
  readonly stream: StreamInfo | null;
}

export interface HistoryStreamsParts {
  readonly access: JetStreamAccess;
  readonly names: Names;
  readonly epochs: Epochs;
}

/** Written into the stream's description. */
interface Label {
  readonly topic: string;
  readonly epoch: string;
}

/** The kind of subject, in the place where a message is published again. */
const republished = '{{wildcard(1)}}';

const nanoseconds = 1_000_000;

/** How long, in ms, a consumer outlives one read. */
const consumerTtl = 5_000;

/**
 * How many bytes, roughly, are asked for at once: what the server has to keep for a slow reader, it drops the
 * connection for.
 */
const pageBytes = 1024 * 1024;

/** JetStream's streams: one for each topic with history, since only then its offsets follow each other. */
export class HistoryStreams {
  readonly #parts: HistoryStreamsParts;

  constructor(parts: HistoryStreamsParts) {
    this.#parts = parts;
  }

  /**
   * Where a history is. Makes nothing.
   *
   * @throws {TopicError} (rejects) `TOPIC_ERR_OPTIONS` where its stream has other limits
   */
  async find(topic: KeptTopic): Promise<HistoryState> {
    const { access, names, epochs } = this.#parts;
    const stream = await access.find(names.stream(topic.name));
    if (stream === null) return { position: { epoch: await epochs.next(topic.name), offset: 0 }, stream };
    assertOptions(topic, stream);
    return { position: { epoch: epochOf(stream), offset: stream.state.last_seq }, stream };
  }

  /** Makes a history where it is not there. */
  async ensure(topic: KeptTopic): Promise<void> {
    const { access } = this.#parts;
    const { stream, position } = await this.find(topic);
    if (stream !== null) return access.adjust(stream);
    const label: Label = { topic: topic.name, epoch: position.epoch };
    try {
      await access.add(this.#parts.names.stream(topic.name), this.#configurationOf(topic, label));
    } catch (error) {
      // Another node may have been first.
      if ((await this.find(topic)).stream === null) throw error;
    }
  }

  /** What a topic has been made with; null where it has no history. */
  async optionsOf(topic: string): Promise<HistoryOptions | null> {
    const stream = await this.#parts.access.find(this.#parts.names.stream(topic));
    return stream === null ? null : optionsOf(stream);
  }

  /** What it takes to read what is kept after an offset; null where that is nothing. */
  async open({ config, state }: StreamInfo, since: number): Promise<StreamPages | null> {
    const first = Math.max(since + 1, state.first_seq);
    if (state.messages === 0 || first > state.last_seq) return null;
    const consumer = await this.#parts.access.client.consumers.get(config.name, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: first,
      inactive_threshold: consumerTtl,
    });
    const size = Math.ceil(pageBytes / Math.max(1, state.bytes / state.messages));
    return new StreamPages(consumer, { last: state.last_seq, size });
  }

  #configurationOf({ name, history }: KeptTopic, label: Label): Partial<StreamConfig> {
    const { names } = this.#parts;
    return {
      subjects: [names.store('*', name)],
      description: JSON.stringify(label),
      retention: RetentionPolicy.Limits,
      // In memory a stream would begin anew after a restart, and look like the one before.
      storage: StorageType.File,
      max_msgs: history.size,
      max_age: history.ttl * nanoseconds,
      // JetStream wants it no longer than the messages live.
      duplicate_window: Math.min(history.ttl, 120_000) * nanoseconds,
      republish: { src: names.store('*', name), dest: names.live(republished, name) },
    };
  }
}

/** The topic of a stream; undefined where it was made by hand. */
export function topicOf({ config }: StreamInfo): string | undefined {
  return labelOf(config)?.topic;
}

function epochOf({ config, created }: StreamInfo): string {
  return labelOf(config)?.epoch ?? created.replaceAll(/[^\w]/g, '');
}

function labelOf({ description }: StreamConfig): Partial<Label> | undefined {
  try {
    return Object(JSON.parse(description ?? '')) as Partial<Label>;
  } catch {
    return undefined;
  }
}

function optionsOf({ config }: StreamInfo): HistoryOptions {
  return { size: config.max_msgs, ttl: config.max_age / nanoseconds };
}

function assertOptions({ name, history }: KeptTopic, stream: StreamInfo): void {
  const there = optionsOf(stream);
  if (isSameHistory(history, there)) return;
  throw optionsError(name, { here: history, there, where: `the stream ${stream.config.name}` });
}
