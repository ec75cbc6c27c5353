import { getHeapStatistics } from 'node:v8';

/** Where a guard reads the heap and the time, in ms. */
export interface HeapSource {
  readonly read: () => { readonly used_heap_size: number; readonly heap_size_limit: number };
  readonly now: () => number;
}

/** How long a reading holds, in ms, so that it costs nothing during a flood of upgrades. */
const readingHolds = 1_000;

/**
 * V8 counts a young generation of up to 48 MiB into its limit, which what lives long never fills: under
 * `--max-old-space-size=64` a process ends at 60 % of the limit, under 256 at 88 %.
 */
const youngGeneration = 48 * 1024 * 1024;

const ownProcess: HeapSource = { read: getHeapStatistics, now: () => performance.now() };

/** Tells whether V8's heap is nearly full. Reads it when asked, at most once a second. */
export class HeapGuard {
  readonly #maxPercent: number;
  readonly #source: HeapSource;
  #readAt = -Infinity;
  #isFull = false;

  /** @param maxPercent of the room for what lives long */
  constructor(maxPercent: number, source: HeapSource = ownProcess) {
    this.#maxPercent = maxPercent;
    this.#source = source;
  }

  get isFull(): boolean {
    const now = this.#source.now();
    if (now - this.#readAt >= readingHolds) {
      this.#readAt = now;
      const { used_heap_size: used, heap_size_limit: limit } = this.#source.read();
      const room = Math.max(limit - youngGeneration, limit / 2);
      this.#isFull = used * 100 > room * this.#maxPercent;
    }
    return this.#isFull;
  }
}
