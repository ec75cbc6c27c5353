/** What has happened on a node since its hub was made. */
export interface HubCounts {
  /** Messages that came a second time, or after a newer one, and were dropped. */
  duplicates: number;
  /** How often messages of a topic were found to be missing, for good. */
  gaps: number;
  /** What stood on the bus and was none of our messages. */
  foreign: number;
  /** Messages published while the broker was away, which only this node's subscribers got. */
  localOnly: number;
}
