import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

/** Memory use and limits of a process, in bytes. */
export interface MemoryReading {
  /** Used by V8's heap, including garbage that is not collected yet. */
  readonly heap: number;
  /** The limit of V8's heap, including its young generation. */
  readonly heapLimit: number;
  /** Memory outside the heap that its objects hold: Buffers, compression windows. */
  readonly external: number;
  /** Resident set size of the process. */
  readonly resident: number;
  /** The limit of the whole process: that of its container, else the memory of the machine. */
  readonly memoryLimit: number;
}

/** Where a guard reads the memory and the time (in ms) from. */
export interface MemorySource {
  readonly read: () => MemoryReading;
  readonly now: () => number;
}

/** How long a reading stays valid, in ms, so that it costs nothing during a flood of upgrades. */
const readingHolds = 1_000;

/**
 * V8's limit includes a young generation of up to 48 MiB, which long-lived objects never fill: with
 * `--max-old-space-size=64` a process dies at 60 % of the limit, with 256 at 88 %.
 */
const youngGeneration = 48 * 1024 * 1024;

const ownProcess: MemorySource = { read: readOwnMemory, now: () => performance.now() };

/**
 * Tells whether memory is nearly full: V8's heap, or the whole process, whose Buffers count towards no limit of V8.
 * Reads it on demand, at most once a second.
 */
export class MemoryGuard {
  readonly #maxPercent: number;
  readonly #source: MemorySource;
  #readAt = -Infinity;
  #isFull = false;

  /** @param maxPercent of the limit of each */
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

/** The larger of the used parts of the heap and of the process: 1 is full. */
function usedPart({ heap, heapLimit, external, resident, memoryLimit }: MemoryReading): number {
  const heapRoom = Math.max(heapLimit - youngGeneration, heapLimit / 2);
  // Memory that is swapped out or not yet written to is not resident, but still allocated.
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
 * The memory limit of a process in bytes, from what Node.js reports about its container.
 *
 * @param constrained 0 without a container; huge for a container without a limit; absent in other runtimes
 */
export function memoryLimitOf(constrained: number | undefined, total: number): number {
  return constrained ? Math.min(constrained, total) : total;
}
