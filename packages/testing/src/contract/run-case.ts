import type { CaseContext } from './contract-case.ts';
import { Deadline } from './deadline.ts';

/** Runs one case until it ends or times out, and then its cleanup. */
export async function runCase(timeout: number, run: (context: CaseContext) => Promise<void>): Promise<void> {
  const deadline = new Deadline(timeout);
  const cleanups: (() => unknown)[] = [];
  try {
    await deadline.within(run({ deadline, onEnd: (cleanup) => void cleanups.push(cleanup) }));
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}
