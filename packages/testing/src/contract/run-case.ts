import type { CaseContext } from './contract-case.ts';
import { Deadline } from './deadline.ts';

/** Runs one case until it is over, or the time is, and then what it left to be cleaned up. */
export async function runCase(timeout: number, run: (context: CaseContext) => Promise<void>): Promise<void> {
  const deadline = new Deadline(timeout);
  const cleanups: (() => unknown)[] = [];
  try {
    await deadline.within(run({ deadline, onEnd: (cleanup) => void cleanups.push(cleanup) }));
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}
