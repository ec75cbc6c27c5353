/** How much of a topic's history is kept. */
export interface HistoryOptions {
  /** Messages. */
  readonly size: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** A topic as a broker knows it. */
export interface BrokerTopic {
  readonly name: string;
  readonly history: HistoryOptions | null;
}

export interface TopicWithHistory extends BrokerTopic {
  readonly history: HistoryOptions;
}
