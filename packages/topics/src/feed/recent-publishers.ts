/** At least this many of the most recent publishers are remembered, and at most twice as many. */
const maxRecent = 512;

/** A value per publisher of a topic. The least recently used publishers are forgotten. */
export class RecentPublishers<Value> {
  #recent = new Map<string, Value>();
  /** Forgotten next, unless they are used again. */
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
