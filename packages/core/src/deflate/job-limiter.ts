type Job = () => Promise<unknown>;

/**
 * Runs at most `limit` jobs at a time; the others wait in line. Each zlib job holds its window and its output while it
 * waits for a thread, so the number of jobs bounds the memory.
 */
export class JobLimiter {
  readonly #limit: number;
  #running = 0;
  #waiting: Job[] = [];

  /** @param limit 1 or more */
  constructor(limit: number) {
    this.#limit = limit;
  }

  run<Value>(job: () => Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => job().then(resolve, reject));
      this.#startNext();
    });
  }

  #startNext(): void {
    if (this.#running >= this.#limit) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    this.#running++;
    void job().then(() => {
      this.#running--;
      this.#startNext();
    });
  }
}
