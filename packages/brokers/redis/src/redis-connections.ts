import type { RedisNames } from './redis-names.ts';
import type { RedisScript } from './redis-script.ts';

export type Argument = string | Buffer;

/** Is given what comes on a channel. */
export type ChannelListener = (bytes: Buffer, channel: Buffer) => void;

/** What carries calls and channels until one of its connections fails: then another is made in its place. */
export interface RedisConnections {
  readonly names: RedisNames;
  /** Whether channels belong to slots, as keys do. */
  readonly isSharded: boolean;
  /** Makes a call where a key is. */
  call(key: string, parameters: readonly Argument[]): Promise<unknown>;
  /** Runs a script where its keys are. */
  run(script: RedisScript, keys: readonly [string, ...string[]], parameters: readonly Argument[]): Promise<unknown>;
  /** Resolves when a master has the message. */
  publish(channel: string, bytes: Buffer): Promise<void>;
  /** Resolves when all of the channels are subscribed to. */
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channels: readonly string[]): Promise<void>;
  /**
   * How many are subscribed to each of the channels. In a Cluster before Redis 7 only those are counted that are at the
   * channel's own node.
   */
  countSubscribers(channels: readonly string[]): Promise<number[]>;
  /** Asks all servers whether they are there, and masters; rejects where one is not. */
  check(): Promise<void>;
  /** Resolves when what was sent is answered. */
  close(): Promise<void>;
}

export interface ConnectionContext {
  readonly prefix: string;
  /** Aborted when the connections are given up: they end at once. */
  readonly signal: AbortSignal;
  readonly onMessage: ChannelListener;
  /** A connection has failed. May be called more than once. */
  readonly onFailed: (error: unknown) => void;
  /** These slots have another master: channels that belong there have to be subscribed to once more. */
  readonly onMoved: (slots: ReadonlySet<number>) => void;
}
