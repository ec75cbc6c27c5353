/** Limits concurrent calls; the others start in order as those finish. For brokers. */
export class CallQueue {
  readonly #maxRunning: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  /** @param maxRunning how many calls may run at a time */
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

  /** The call that has waited longest takes the place of the one that has finished. */
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
