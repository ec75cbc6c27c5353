import type { RedisNames } from './redis-names.ts';
import type { RedisScript } from './redis-script.ts';

export type Argument = string | Buffer;

/** Receives the messages of a channel. */
export type ChannelListener = (bytes: Buffer, channel: Buffer) => void;

/** Connections for calls and channels. When one of them fails, the whole set is replaced. */
export interface RedisConnections {
  readonly names: RedisNames;
  /** Whether channels belong to slots, as keys do. */
  readonly isSharded: boolean;
  /** Makes a call at the server that holds a key. */
  call(key: string, parameters: readonly Argument[]): Promise<unknown>;
  /** Runs a script at the server that holds its keys. */
  run(script: RedisScript, keys: readonly [string, ...string[]], parameters: readonly Argument[]): Promise<unknown>;
  /** Resolves once a master has the message. */
  publish(channel: string, bytes: Buffer): Promise<void>;
  /** Resolves once all of the channels are subscribed. */
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channels: readonly string[]): Promise<void>;
  /**
   * The number of subscribers of each channel. In a Cluster before Redis 7, only the subscribers at the channel's own
   * node are counted.
   */
  countSubscribers(channels: readonly string[]): Promise<number[]>;
  /** Checks that all servers answer and are masters; rejects if one does not or is not. */
  check(): Promise<void>;
  /** Resolves once everything sent is answered. */
  close(): Promise<void>;
}

export interface ConnectionContext {
  readonly prefix: string;
  /** Aborted when the connections are given up: they then end at once. */
  readonly signal: AbortSignal;
  readonly onMessage: ChannelListener;
  /** A connection has failed. May be called more than once. */
  readonly onFailed: (error: unknown) => void;
  /** These slots have another master: their channels must be subscribed again. */
  readonly onMoved: (slots: ReadonlySet<number>) => void;
}
