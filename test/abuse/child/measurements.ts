import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** Bytes, after the garbage is collected. */
export interface Memory {
  readonly rss: number;
  /** The highest `rss` since `startPeak()`. */
  readonly peak: number;
  /** What the process holds on to: the heap, and what is outside of it for its objects, zlib's memory included. */
  readonly held: number;
}

/** What must be back where it was when the abuse is over. */
export interface Gauges {
  readonly sockets: number;
  readonly pending: number;
  readonly connections: number;
  /** Handles, requests and timers that keep the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

async function measureMemory(): Promise<Memory> {
  // A second time, as what the first frees may have held something outside of the heap.
  for (let round = 0; round < 2; round++) {
    globalThis.gc!();
    await setImmediate();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, peak: readPeak(), held: heapUsed + external };
}

/** Where the system tells it: what `resourceUsage()` gives is on Linux the parent's, where that had more. */
function readPeak(): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

/** From now on, `peak` is new. Only Linux can do that; elsewhere the peak is that of the process. */
function startPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux.
  }
}

export function countResources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** How often the event loop has gone round. */
export function countTurns(): number {
  const { uvMetricsInfo } = performance.nodeTiming as unknown as { uvMetricsInfo: { loopCount: number } };
  return uvMetricsInfo.loopCount;
}

/** What nobody has caught. */
export function recordFaults(): readonly string[] {
  const faults: string[] = [];
  process.on('uncaughtException', (error) => faults.push(`uncaughtException ${error.stack}`));
  process.on('unhandledRejection', (error) => faults.push(`unhandledRejection ${String(error)}`));
  return faults;
}

/** The commands that every server under abuse answers. */
export const measurements = { memory: measureMemory, startPeak, startDelays, longestDelay };

let delays: IntervalHistogram | undefined;

function startDelays(): void {
  delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
}

/** The longest that the event loop was late since `startDelays()`, in ms. */
function longestDelay(): number {
  delays!.disable();
  return delays!.max / 1e6;
}
