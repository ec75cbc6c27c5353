import { AssertionError, deepStrictEqual } from 'node:assert';

/** Saved when this module was loaded, so that a test can replace the globals with its own clock. */
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** How often, in ms, a condition is checked. */
const pollInterval = 5;

/** The deadline of a case. */
export class Deadline {
  readonly #timeout: number;
  readonly #end: number;

  /** @param timeout in ms from now */
  constructor(timeout: number) {
    this.#timeout = timeout;
    this.#end = performance.now() + timeout;
  }

  /** Resolves once `probe()` returns something equal to `expected`; rejects with the difference at the deadline. */
  async eventually(probe: () => unknown, expected: unknown): Promise<void> {
    for (;;) {
      const actual = await this.within(probe());
      try {
        return deepStrictEqual(actual, expected);
      } catch (error) {
        if (performance.now() + pollInterval >= this.#end) throw error;
      }
      await new Promise((resolve) => startTimer(resolve, pollInterval));
    }
  }

  /** Settles as the promise does, or rejects at the deadline. */
  async within<Value>(value: Value | Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const expiry = new Promise<never>((_resolve, reject) => {
      const expire = (): void => reject(new AssertionError({ message: `Nothing arrived within ${this.#timeout} ms` }));
      timer = startTimer(expire, Math.max(0, this.#end - performance.now()));
    });
    try {
      return await Promise.race([value, expiry]);
    } finally {
      stopTimer(timer);
    }
  }

  /** The remaining time, in whole ms. */
  get left(): number {
    return Math.max(1, Math.ceil(this.#end - performance.now()));
  }
}
