/** Counts of a node since its hub was created. */
export interface HubCounts {
  /** Messages that were dropped because they arrived a second time, or after a newer one. */
  duplicates: number;
  /** How often messages of a topic were found to be permanently missing. */
  gaps: number;
  /** Messages found on the bus that are not Turnout's. */
  foreign: number;
  /** Messages published while the broker was lost, which only this node's subscribers received. */
  localOnly: number;
}
