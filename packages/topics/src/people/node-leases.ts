/** A node that is silent for more than this many beats is gone. */
const maxMissedBeats = 3;

/**
 * Tracks which other nodes are alive. Counts beats of this node, not time, so that a blocked event loop does not make
 * other nodes look gone.
 */
export class NodeLeases {
  readonly #heardAt = new Map<string, number>();
  #beat = 0;

  hear(node: string): void {
    this.#heardAt.set(node, this.#beat);
  }

  end(node: string): void {
    this.#heardAt.delete(node);
  }

  clear(): void {
    this.#heardAt.clear();
  }

  /** A beat of this node. @returns the nodes that are gone */
  beat(): string[] {
    this.#beat++;
    const gone = [...this.#heardAt].filter(([, heardAt]) => this.#beat - heardAt > maxMissedBeats);
    for (const [node] of gone) this.#heardAt.delete(node);
    return gone.map(([node]) => node);
  }
}
