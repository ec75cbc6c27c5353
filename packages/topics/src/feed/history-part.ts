import type { StoredMessage } from '../bus/broker.ts';
import type { Lineage } from './lineage.ts';

/** Consecutive messages read from a history. */
export interface HistoryPart {
  readonly lineage: Lineage;
  /** The offset before the first message. */
  readonly offset: number;
  readonly messages: readonly StoredMessage[];
}
