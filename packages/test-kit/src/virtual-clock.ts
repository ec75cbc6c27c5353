/** The real one: it runs after all promises and `process.nextTick` callbacks of the turn. */
const realSetImmediate = setImmediate;

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/** The object that `setTimeout()` and similar functions return, as in Node.js. */
export class VirtualTimer {
  readonly #clock: VirtualClock;
  readonly #delay: number;
  readonly #repeats: boolean;
  readonly #callback: () => void;
  #entry: Entry | undefined;

  constructor(
    clock: VirtualClock,
    callback: () => void,
    { delay = 0, repeats = false }: { delay?: number; repeats?: boolean },
  ) {
    this.#clock = clock;
    this.#callback = callback;
    // As in Node.js: never immediately, and an invalid delay is 1 ms.
    this.#delay = delay >= 1 && delay < 2 ** 31 ? delay : 1;
    this.#repeats = repeats;
    this.refresh();
  }

  refresh(): this {
    this.close();
    this.#entry = this.#clock.schedule(this.#delay, () => {
      if (this.#repeats) this.refresh();
      this.#callback();
    });
    return this;
  }

  close(): void {
    if (this.#entry !== undefined) this.#entry.isCancelled = true;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }
}

/** A clock that stops while code runs, and then jumps to the next callback that is due. */
export class VirtualClock {
  /** Milliseconds. */
  now = 0;
  /** Callbacks called so far. */
  steps = 0;
  /** A binary heap, by time and then by order. */
  readonly #heap: Entry[] = [];
  #order = 0;

  schedule(delay: number, callback: () => void): Entry {
    const entry: Entry = { at: this.now + delay, order: this.#order++, callback, isCancelled: false };
    this.#add(entry);
    return entry;
  }

  /**
   * Calls everything that is due up to a time.
   *
   * @returns whether that took at most `maxSteps` steps
   */
  async runUntil(end: number, maxSteps: number): Promise<boolean> {
    await settle();
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      if (this.steps >= maxSteps) return false;
      this.#removeFirst();
      if (next.isCancelled) continue;
      this.now = next.at;
      this.steps++;
      next.callback();
      // oxlint-disable-next-line no-await-in-loop -- what it has started runs first
      await settle();
    }
    this.now = Math.max(this.now, end);
    return true;
  }

  /** Resolves after this many ms of virtual time. */
  wait(delay: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(delay, resolve));
  }

  #add(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, heap[parent])) break;
      heap[index] = heap[parent] as Entry;
      index = parent;
    }
    heap[index] = entry;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
  }
}

function isBefore(one: Entry | undefined, other: Entry | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined;
  return one.at === other.at ? one.order < other.order : one.at < other.at;
}

/** Resolves when nothing more happens without the time advancing. */
function settle(): Promise<void> {
  return new Promise((resolve) => void realSetImmediate(resolve));
}
