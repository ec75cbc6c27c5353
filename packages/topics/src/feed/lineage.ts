import type { HistoryPage } from '../bus/broker.ts';
import type { Position } from '../bus/position.ts';

/** An epoch of a history, with the former ones that it continues: which positions are in the history. */
export class Lineage {
  readonly epoch: string;
  /** Where the history ended when it was read. */
  readonly #end: number;
  readonly #former: readonly Position[];

  constructor({ position, former = [] }: HistoryPage) {
    this.epoch = position.epoch;
    this.#end = position.offset;
    this.#former = former;
  }

  /** Whether a position is in this history, or may be later. */
  has({ epoch, offset }: Position): boolean {
    return epoch === this.epoch || this.#former.some((end) => end.epoch === epoch && offset <= end.offset);
  }

  /** Whether a position was in this history when it was read. */
  hasReached(position: Position): boolean {
    return position.offset <= this.#end && this.has(position);
  }
}
