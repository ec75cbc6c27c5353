/** How long, in ms, questions are gathered: one list answers all who ask for it. */
const gatherTime = 50;

/** Of which rooms the other nodes are to be told the list: each of a beat once for each node that asks. */
export class Answers {
  readonly #onDue: (topics: Set<string>) => void;
  readonly #due = new Set<string>();
  readonly #served = new Map<string, Set<string>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onDue called with topics, of which it takes what it tells */
  constructor(onDue: (topics: Set<string>) => void) {
    this.#onDue = onDue;
  }

  add(node: string, topic: string): void {
    const served = this.#served.get(node) ?? new Set();
    this.#served.set(node, served);
    if (served.has(topic)) return;
    served.add(topic);
    this.#due.add(topic);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onDue(this.#due);
    }, gatherTime).unref();
  }

  /** Each node may ask again. */
  beat(): void {
    this.#served.clear();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
    this.#served.clear();
  }
}
