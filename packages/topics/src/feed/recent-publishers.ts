/** How many publishers are remembered: so many that were heard of last, and up to as many from before them. */
const maxRecent = 512;

/** What is known of the publishers of a topic. Those that have not been heard of for longest are forgotten. */
export class RecentPublishers<Value> {
  #recent = new Map<string, Value>();
  /** Those that are forgotten next, unless they are heard of again. */
  #older = new Map<string, Value>();

  has(origin: string): boolean {
    return this.#recent.has(origin) || this.#older.has(origin);
  }

  get(origin: string): Value | undefined {
    const recent = this.#recent.get(origin);
    if (recent !== undefined) return recent;
    const older = this.#older.get(origin);
    if (older !== undefined) this.set(origin, older);
    return older;
  }

  set(origin: string, value: Value): void {
    if (this.#recent.size === maxRecent && !this.#recent.has(origin)) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(origin, value);
  }

  clear(): void {
    this.#recent.clear();
    this.#older.clear();
  }
}
