/** Items to process again later, all at once. */
export class Postponed<Item> {
  readonly #again: (item: Item) => void;
  readonly #items = new Set<Item>();
  #timer: NodeJS.Timeout | undefined;

  constructor(again: (item: Item) => void) {
    this.#again = again;
  }

  /** @param wait called for the delay, in ms, if no item is waiting yet */
  add(items: Iterable<Item>, wait: () => number): void {
    for (const item of items) this.#items.add(item);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#onDue(), wait()).unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#items.clear();
  }

  #onDue(): void {
    const due = [...this.#items];
    this.clear();
    for (const item of due) this.#again(item);
  }
}
