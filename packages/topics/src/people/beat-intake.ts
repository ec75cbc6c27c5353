import type { RoomDigest } from './people-message.ts';

interface BeatPage {
  readonly page: number;
  readonly more: boolean;
  readonly rooms: readonly RoomDigest[];
}

/** Assembles the pages of the other nodes' beats, to find the rooms that a beat does not mention. */
export class BeatIntake {
  readonly #beats = new Map<string, { nextPage: number; readonly topics: Set<string> }>();

  /** @returns all topics of the beat, if this is its last page and no page is missing */
  add(node: string, { page, more, rooms }: BeatPage): ReadonlySet<string> | undefined {
    if (page === 0) this.#beats.set(node, { nextPage: 0, topics: new Set() });
    const beat = this.#beats.get(node);
    if (beat?.nextPage !== page) {
      this.#beats.delete(node);
      return undefined;
    }
    beat.nextPage++;
    for (const { topic } of rooms) beat.topics.add(topic);
    if (more) return undefined;
    this.#beats.delete(node);
    return beat.topics;
  }

  clear(): void {
    this.#beats.clear();
  }
}
