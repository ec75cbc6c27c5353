/** How long, in ms, what has just been told rests: what changes meanwhile is told together. */
const rest = 100;
/** How long, in ms, one turn may take. */
const turnTime = 10;

/**
 * What has become of an item: there was nothing to tell, all of it was told, or there is more to tell in the next turn.
 */
export type Told = 'nothing' | 'whole' | 'more';

/**
 * Runs items that have changed: one that was quiet in the same turn of the event loop, one that changes again and again
 * each 100 ms. Many are spread over turns.
 */
export class Pacer<Item> {
  readonly #run: (item: Item) => Told;
  readonly #onTurnEnd: () => void;
  readonly #due = new Set<Item>();
  readonly #resting = new Set<Item>();
  readonly #changed = new Set<Item>();
  #turn: NodeJS.Immediate | undefined;
  #tick: NodeJS.Timeout | undefined;

  /**
   * @param onTurnEnd called after some have been run
   */
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
