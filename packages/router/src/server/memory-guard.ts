import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** What a process holds and may hold, in bytes. */
export interface MemoryReading {
  /** What V8's heap holds, garbage that is not collected yet included. */
  readonly heap: number;
  /** What V8's heap may hold, its young generation included. */
  readonly heapLimit: number;
  /** What objects of the heap hold outside of it: Buffers, compression windows. */
  readonly external: number;
  /** What of the process is in memory (resident set size). */
  readonly resident: number;
  /** What the process may hold altogether: the limit of its container, else the memory of the machine. */
  readonly memoryLimit: number;
}

/** Where a guard reads the memory and the time, in ms. */
export interface MemorySource {
  readonly read: () => MemoryReading;
  readonly now: () => number;
}

/** How long a reading holds, in ms, so that it costs nothing during a flood of upgrades. */
const readingHolds = 1_000;

/**
 * V8 counts a young generation of up to 48 MiB into its limit, which what lives long never fills: under
 * `--max-old-space-size=64` a process ends at 60 % of the limit, under 256 at 88 %.
 */
const youngGeneration = 48 * 1024 * 1024;

const ownProcess: MemorySource = { read: readOwnMemory, now: () => performance.now() };

/**
 * Tells whether memory is nearly full: V8's heap, or the process as a whole, whose Buffers no limit of V8 counts. Reads
 * it when asked, at most once a second.
 */
export class MemoryGuard {
  readonly #maxPercent: number;
  readonly #source: MemorySource;
  #readAt = -Infinity;
  #isFull = false;

  /** @param maxPercent of what each of the two may hold */
  constructor(maxPercent: number, source: MemorySource = ownProcess) {
    this.#maxPercent = maxPercent;
    this.#source = source;
  }

  get isFull(): boolean {
    const now = this.#source.now();
    if (now - this.#readAt >= readingHolds) {
      this.#readAt = now;
      this.#isFull = usedPart(this.#source.read()) * 100 > this.#maxPercent;
    }
    return this.#isFull;
  }
}

/** How full the fuller one is of the heap and the whole: 1 is full. */
function usedPart({ heap, heapLimit, external, resident, memoryLimit }: MemoryReading): number {
  const heapRoom = Math.max(heapLimit - youngGeneration, heapLimit / 2);
  // What is swapped out, or has not been written to yet, is not resident, and held all the same.
  const whole = Math.max(resident, heap + external);
  return Math.max(heap / heapRoom, whole / memoryLimit);
}

function readOwnMemory(): MemoryReading {
  const { heapUsed, external, rss } = process.memoryUsage();
  return {
    heap: heapUsed,
    heapLimit: getHeapStatistics().heap_size_limit,
    external,
    resident: rss,
    memoryLimit: memoryLimitOf(process.constrainedMemory(), totalmem()),
  };
}

/**
 * What a process may hold, in bytes, by what Node.js says of its container.
 *
 * @param constrained 0 where there is no container; huge, or absent in other runtimes, where it has no limit
 */
export function memoryLimitOf(constrained: number | undefined, total: number): number {
  return constrained ? Math.min(constrained, total) : total;
}
