import type { Position } from '@turnout/topics';

/** Histories that are remembered. */
const maxPositions = 10_000;

/** How far histories were, as Redis has said: a server that has less has lost something. */
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

  /** Whether a history was further than it is now said to be. */
  exceeds(topic: string, { epoch, offset }: Position): boolean {
    const known = this.#positions.get(topic);
    return known?.epoch === epoch && known.offset > offset;
  }

  forget(topic: string): void {
    this.#positions.delete(topic);
  }
}
