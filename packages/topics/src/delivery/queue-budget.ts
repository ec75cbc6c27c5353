/** How many bytes may be queued for all slow subscribers of a hub together; a message counts once per subscriber. */
export class QueueBudget {
  #free: number;

  constructor(maxBytes: number) {
    this.#free = maxBytes;
  }

  get free(): number {
    return this.#free;
  }

  /** @param bytes how many more are queued; negative for fewer */
  spend(bytes: number): void {
    this.#free -= bytes;
  }
}
