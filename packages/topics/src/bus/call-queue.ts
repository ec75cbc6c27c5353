/** Runs so many calls at a time, and the others in order as those finish. For brokers. */
export class CallQueue {
  readonly #maxRunning: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** @param maxRunning calls at a time */
  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  async run<Value>(call: () => Promise<Value>): Promise<Value> {
    if (this.#running < this.#maxRunning) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.add(resolve));
    try {
      return await call();
    } finally {
      this.#next();
    }
  }

  /** The place of the one that has finished is given to the one that has waited longest. */
  #next(): void {
    const [resolve] = this.#waiting;
    if (resolve === undefined) {
      this.#running--;
      return;
    }
    this.#waiting.delete(resolve);
    resolve();
  }
}
