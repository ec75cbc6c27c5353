/** How long, in ms, an item rests after it was told; changes in that time are told together. */
const rest = 100;
/** How long, in ms, the items of one turn may take. */
const turnTime = 10;

/** The result of running an item: nothing to tell, everything told, or more to tell in the next turn. */
export type Told = 'nothing' | 'whole' | 'more';

/**
 * Runs changed items: a quiet item in the same turn of the event loop, a busy one every 100 ms. Many items are spread
 * over several turns.
 */
export class Pacer<Item> {
  readonly #run: (item: Item) => Told;
  readonly #onTurnEnd: () => void;
  readonly #due = new Set<Item>();
  readonly #resting = new Set<Item>();
  readonly #changed = new Set<Item>();
  #turn: NodeJS.Immediate | undefined;
  #tick: NodeJS.Timeout | undefined;

  /** @param onTurnEnd called after a batch of items has run */
  constructor(run: (item: Item) => Told, onTurnEnd: () => void) {
    this.#run = run;
    this.#onTurnEnd = onTurnEnd;
  }

  add(item: Item): void {
    if (this.#resting.has(item)) {
      this.#changed.add(item);
      return;
    }
    this.#due.add(item);
    this.#schedule();
  }

  delete(item: Item): void {
    this.#due.delete(item);
    this.#resting.delete(item);
    this.#changed.delete(item);
  }

  stop(): void {
    clearImmediate(this.#turn);
    clearTimeout(this.#tick);
    this.#due.clear();
    this.#resting.clear();
    this.#changed.clear();
  }

  #schedule(): void {
    this.#turn ??= setImmediate(() => this.#onTurn());
  }

  #onTurn(): void {
    this.#turn = undefined;
    const end = performance.now() + turnTime;
    for (const item of this.#due) {
      this.#due.delete(item);
      const told = this.#run(item);
      if (told === 'whole') this.#resting.add(item);
      else if (told === 'more') this.#due.add(item);
      if (told === 'more' || performance.now() >= end) break;
    }
    this.#onTurnEnd();
    if (this.#due.size > 0) this.#schedule();
    if (this.#resting.size > 0) this.#tick ??= setTimeout(() => this.#onTick(), rest).unref();
  }

  #onTick(): void {
    this.#tick = undefined;
    for (const item of this.#changed) this.#due.add(item);
    this.#changed.clear();
    this.#resting.clear();
    if (this.#due.size > 0) this.#schedule();
  }
}
