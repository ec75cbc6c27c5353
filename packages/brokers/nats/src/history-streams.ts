import { DeliverPolicy, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import type { BrokerTopic, HistoryOptions, Position, TopicError } from '@turnout/topics';
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

/** The state of a history. */
export interface HistoryState {
  /** The position of the newest message. */
  readonly position: Position;
  /** Null if nothing has been published yet: there is no stream then. */
  readonly stream: StreamInfo | null;
}

export interface HistoryStreamsParts {
  readonly access: JetStreamAccess;
  readonly names: Names;
  readonly epochs: Epochs;
}

/** Stored as the stream's description. */
interface Label {
  readonly topic: string;
  readonly epoch: string;
}

/** The kind of subject, in the destination of republished messages. */
const republished = '{{wildcard(1)}}';

const nanoseconds = 1_000_000;

/** How long, in ms, a consumer may be idle after a read. */
const consumerTtl = 5_000;

/**
 * Roughly how many bytes to request at once: if more are pending for a slow reader, the server drops the connection.
 */
const pageBytes = 1024 * 1024;

/** JetStream streams: one per topic with history, so that its offsets are consecutive. */
export class HistoryStreams {
  readonly #parts: HistoryStreamsParts;

  constructor(parts: HistoryStreamsParts) {
    this.#parts = parts;
  }

  /**
   * Finds the position of a history. Creates nothing.
   *
   * @throws {TopicError} (rejects) `TOPIC_ERR_OPTIONS` if its stream has other limits
   */
  async find(topic: KeptTopic): Promise<HistoryState> {
    const state = await this.look(topic);
    const conflict = conflictOf(topic, state);
    if (conflict !== undefined) throw conflict;
    return state;
  }

  /** The same, whatever limits its stream has. */
  async look({ name }: KeptTopic): Promise<HistoryState> {
    const { access, names, epochs } = this.#parts;
    const stream = await access.find(names.stream(name));
    if (stream === null) return { position: { epoch: await epochs.next(name), offset: 0 }, stream };
    return { position: { epoch: epochOf(stream), offset: stream.state.last_seq }, stream };
  }

  /** Creates a history if it does not exist. */
  async ensure(topic: KeptTopic): Promise<void> {
    const { access } = this.#parts;
    const { stream, position } = await this.find(topic);
    if (stream !== null) return access.adjust(stream);
    const label: Label = { topic: topic.name, epoch: position.epoch };
    try {
      await access.add(this.#parts.names.stream(topic.name), this.#configurationOf(topic, label));
    } catch (error) {
      // Another node may have created it first.
      if ((await this.find(topic)).stream === null) throw error;
    }
  }

  /** The options that a topic's stream was created with; null if it has no stream. */
  async optionsOf(topic: string): Promise<HistoryOptions | null> {
    const stream = await this.#parts.access.find(this.#parts.names.stream(topic));
    return stream === null ? null : optionsOf(stream);
  }

  /** Opens pages of the messages after an offset; null if there are none. */
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
      // A stream in memory would start from scratch after a restart, and look like the previous one.
      storage: StorageType.File,
      max_msgs: history.size,
      max_age: history.ttl * nanoseconds,
      // JetStream requires that it does not exceed the messages' age limit.
      duplicate_window: Math.min(history.ttl, 120_000) * nanoseconds,
      republish: { src: names.store('*', name), dest: names.live(republished, name) },
    };
  }
}

/** The topic of a stream; undefined if it was created by hand. */
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

/** The error for a topic whose stream has other limits; undefined if it has the same. */
export function conflictOf({ name, history }: KeptTopic, { stream }: HistoryState): TopicError | undefined {
  const there = stream && optionsOf(stream);
  if (stream === null || isSameHistory(history, there)) return undefined;
  return optionsError(name, { here: history, there, where: `the stream ${stream.config.name}` });
}
