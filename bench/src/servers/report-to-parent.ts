import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** The report of a server under test to the process that started it. */
export interface ServerReport {
  readonly port: number;
  /** User and system time so far, in microseconds. */
  readonly cpuTime: number;
  /** Memory of the process, in bytes, after garbage collection. */
  readonly memory: number;
  /** The longest stall of the event loop, in ms, between the last `watch` and the following `stall`; otherwise 0. */
  readonly longestStall: number;
}

/** The parent's request. `memory` collects garbage first; from `watch` to `stall` the event loop is watched. */
export type ReportQuestion = 'time' | 'memory' | 'watch' | 'stall';

/** How often, in ms, the event loop is checked while it is watched. */
const resolution = 1;

const loopDelay = monitorEventLoopDelay({ resolution });

/**
 * The objects of an application: below 8 MB V8 collects garbage differently, which happens only in benchmarks.
 */
export const ballast = Array.from({ length: 200_000 }, (_, index) => ({ index, text: `text ${index}` }));

/** Listens on a free port of the loopback address, and reports immediately and whenever the parent asks. */
export async function listenAndReport(server: Server): Promise<void> {
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  process.on('message', (question: ReportQuestion) => void report(server, question));
  process.on('disconnect', () => process.exit());
  await report(server, 'time');
}

async function report(server: Server, question: ReportQuestion): Promise<void> {
  if (question === 'memory') globalThis.gc!();
  if (question === 'watch') startWatching();
  const longestStall = question === 'stall' ? await stopWatching() : 0;
  const { port } = server.address() as AddressInfo;
  const { user, system } = process.cpuUsage();
  const memory = process.memoryUsage.rss();
  process.send?.({ port, cpuTime: user + system, memory, longestStall } satisfies ServerReport);
}

function startWatching(): void {
  loopDelay.reset();
  loopDelay.enable();
}

async function stopWatching(): Promise<number> {
  // A stall that has just ended is recorded by the timer that it has delayed.
  await delay(10 * resolution);
  loopDelay.disable();
  return Math.max(0, loopDelay.max / 1e6 - resolution);
}
