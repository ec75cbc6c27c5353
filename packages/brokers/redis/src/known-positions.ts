import type { Position } from '@turnout/topics';

/** Where a history ends, in its epoch and in those before. */
export interface HistoryEnd {
  /** The newest message, kept or not. */
  readonly position: Position;
  /** The former epochs, each with its last offset. */
  readonly former: readonly Position[];
}

/** How many histories are remembered. */
const maxPositions = 10_000;

/** The newest position of each history that Redis has reported: a server with an older one has lost messages. */
export class KnownPositions {
  readonly #positions = new Map<string, Position>();

  get(topic: string): Position | undefined {
    return this.#positions.get(topic);
  }

  note(topic: string, position: Position): void {
    if (this.exceeds(topic, { position, former: [] })) return;
    this.#positions.delete(topic);
    this.#positions.set(topic, position);
    if (this.#positions.size <= maxPositions) return;
    const [oldest = topic] = this.#positions.keys();
    this.#positions.delete(oldest);
  }

  /** Whether the known position is newer than what a server has of its epoch. */
  exceeds(topic: string, { position, former }: HistoryEnd): boolean {
    const known = this.#positions.get(topic);
    const end = [position, ...former].find(({ epoch }) => epoch === known?.epoch);
    return known !== undefined && end !== undefined && known.offset > end.offset;
  }

  forget(topic: string): void {
    this.#positions.delete(topic);
  }
}
