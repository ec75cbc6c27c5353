import { setTimeout as delay } from 'node:timers/promises';
import type { ServerProcess } from './server-process.ts';

export interface Timing {
  /** In ms. */
  readonly warmUp: number;
  readonly measured: number;
}

/** The result of one peer in one round. */
export interface Result {
  /** In the scenario's unit. */
  readonly value: number;
  /** Microseconds of the server's CPU time per operation; 0 if nothing is counted. */
  readonly cpuPerOperation: number;
  /** The server's share of one processor; near 1, the server limits the rate. */
  readonly serverLoad: number;
}

/** The number of operations so far. */
export type Count = () => number;

/** The growth of `count` per second, during the measured milliseconds after the warm-up. */
export async function measureRate(server: ServerProcess, count: Count, timing: Timing): Promise<Result> {
  await delay(timing.warmUp);
  const cpuBefore = (await server.report('time')).cpuTime;
  const countBefore = count();
  const start = process.hrtime.bigint();
  await delay(timing.measured);
  const cpuTime = (await server.report('time')).cpuTime - cpuBefore;
  const done = count() - countBefore;
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { value: done / seconds, cpuPerOperation: cpuTime / done, serverLoad: cpuTime / 1e6 / seconds };
}

/** The CPU time of all so far, in microseconds. */
export async function cpuTimeOf(servers: readonly ServerProcess[]): Promise<number> {
  const reports = await Promise.all(servers.map((server) => server.report('time')));
  return reports.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** Runs a load until `measurement` settles, or the load has a fault. */
export async function underLoad<Value>(
  start: (onFault: (error: Error) => void) => void,
  measurement: () => Promise<Value>,
): Promise<Value> {
  const fault = new Promise<never>((_resolve, reject) => start(reject));
  return Promise.race([fault, measurement()]);
}
