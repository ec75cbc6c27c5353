/** How many bytes may wait for all slow subscribers of a hub together, counted for each of them. */
export class QueueBudget {
  #free: number;

  constructor(maxBytes: number) {
    this.#free = maxBytes;
  }

  get free(): number {
    return this.#free;
  }

  /** @param bytes how many more wait; negative for fewer */
  spend(bytes: number): void {
    this.#free -= bytes;
  }
}
