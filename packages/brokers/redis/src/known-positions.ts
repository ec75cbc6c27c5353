import type { Position } from '@turnout/topics';

/** How many histories are remembered. */
const maxPositions = 10_000;

/** The newest position of each history that Redis has reported: a server with an older one has lost messages. */
export class KnownPositions {
  readonly #positions = new Map<string, Position>();

  get(topic: string): Position | undefined {
    return this.#positions.get(topic);
  }

  note(topic: string, position: Position): void {
    if (this.exceeds(topic, position)) return;
    this.#positions.delete(topic);
    this.#positions.set(topic, position);
    if (this.#positions.size <= maxPositions) return;
    const [oldest = topic] = this.#positions.keys();
    this.#positions.delete(oldest);
  }

  /** Whether the known position is newer than the given one. */
  exceeds(topic: string, { epoch, offset }: Position): boolean {
    const known = this.#positions.get(topic);
    return known?.epoch === epoch && known.offset > offset;
  }

  forget(topic: string): void {
    this.#positions.delete(topic);
  }
}
