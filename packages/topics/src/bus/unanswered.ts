/** Requests to the broker that have no answer yet. */
export class Unanswered {
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  /** @returns the same promise */
  add<Value>(answer: Promise<Value>): Promise<Value> {
    this.#count++;
    const settle = (): void => this.#onAnswered();
    answer.then(settle, settle);
    return answer;
  }

  /** Resolves once every request is answered. */
  async settled(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #onAnswered(): void {
    this.#count--;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
