import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';

/** Bytes, after garbage collection. */
export interface Memory {
  readonly rss: number;
  /** The highest `rss` since `startPeak()`. */
  readonly peak: number;
  /** The memory that the process holds: the heap and external memory of its objects, including zlib's. */
  readonly held: number;
}

/** Counts that must be back at their earlier values after the abuse. */
export interface Gauges {
  readonly sockets: number;
  readonly pending: number;
  readonly connections: number;
  /** Handles, requests and timers that keep the event loop alive, by kind. */
  readonly resources: Readonly<Record<string, number>>;
}

async function measureMemory(): Promise<Memory> {
  // A second time, because objects freed by the first may have held external memory.
  for (let round = 0; round < 2; round++) {
    globalThis.gc!();
    await setImmediate();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, peak: readPeak(), held: heapUsed + external };
}

/** From the system if possible: on Linux, `resourceUsage()` returns the parent's value if that was higher. */
function readPeak(): number {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}

/** Resets `peak`. Only Linux supports that; on other systems it is the peak of the process. */
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

/** The number of turns of the event loop. */
export function countTurns(): number {
  const { uvMetricsInfo } = performance.nodeTiming as unknown as { uvMetricsInfo: { loopCount: number } };
  return uvMetricsInfo.loopCount;
}

/** Uncaught errors. */
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

/** The longest delay of the event loop since `startDelays()`, in ms. */
function longestDelay(): number {
  delays!.disable();
  return delays!.max / 1e6;
}
