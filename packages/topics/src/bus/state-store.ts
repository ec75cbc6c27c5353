import type { BrokerTopic } from './broker-topic.ts';
import type { Position } from './position.ts';

/** A key of a state, as it is kept. */
export interface StateEntry {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  /** Grows with each change of the key. */
  readonly version: number;
}

/** A whole state, and the position of its last change. */
export interface StateSnapshot {
  readonly position: Position;
  readonly entries: readonly StateEntry[];
}

/** A change that the application asks for. `ifVersion`: only if the key has this version now; 0 for no such key. */
export type StateRequest =
  | { readonly type: 'set'; readonly key: string; readonly value: string; readonly ifVersion: number | undefined }
  | { readonly type: 'delete'; readonly key: string; readonly ifVersion: number | undefined }
  | { readonly type: 'increment'; readonly key: string; readonly by: number; readonly once: string | undefined };

/** How large a state may become: keys, and bytes of keys and values as JSON. */
export interface StateLimits {
  readonly maxKeys: number;
  readonly maxBytes: number;
}

export interface StateOutcome {
  /** `false` if the key has another version, there is nothing to delete, or the increment was counted before. */
  readonly isApplied: boolean;
  /** The key as it is now; undefined if there is none. */
  readonly entry: StateEntry | undefined;
}

/** Keeps the states of all nodes that share a broker. */
export interface StateStore {
  read(topic: BrokerTopic): Promise<StateSnapshot>;
  get(topic: BrokerTopic, key: string): Promise<StateEntry | undefined>;
  /**
   * Makes a change, and publishes it on the topic, in one step: all nodes receive the changes in the order in which
   * they were made, and the version of a changed key is the offset of its message.
   *
   * @throws {TopicError} (rejects) with `TOPIC_ERR_STATE_FULL` over a limit, and `TOPIC_ERR_STATE_VALUE` if the value
   *   to increment is not a number; both change nothing. Otherwise as the methods of a broker
   */
  change(topic: BrokerTopic, request: StateRequest, limits: StateLimits): Promise<StateOutcome>;
}
