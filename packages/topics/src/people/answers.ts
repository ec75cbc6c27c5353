/** How long, in ms, questions are collected: one list answers every node that asks for it. */
const gatherTime = 50;

/** Collects the rooms whose lists other nodes asked for. Per beat, each node gets each list once. */
export class Answers {
  readonly #onDue: (topics: Set<string>) => void;
  readonly #due = new Set<string>();
  readonly #served = new Map<string, Set<string>>();
  #timer: NodeJS.Timeout | undefined;

  /** @param onDue called with the topics; removes those that it answers */
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

  /** A beat of this node: each node may ask again. */
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
