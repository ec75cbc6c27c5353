/** The close code of a server that has ended the session. */
export const sessionEnded = 3000;
/** Close codes of a goodbye, and those after which the same would only happen again: a fault of the client, a refusal, a session that has ended. */
const finalCodes: ReadonlySet<number> = new Set([1000, 1002, 1007, 1008, sessionEnded]);
/** A server that restarts wants its clients back, but no more than one in twenty in any quarter of a second. In ms. */
const restartWindow = 6_000;
/** One that has too much to do is given the time of so many failures. */
const overloadFailures = 4;

/** Whether it is of no use to connect again after a close code. */
export function isFinal(code: number, others: readonly number[] = []): boolean {
  return finalCodes.has(code) || others.includes(code);
}

/**
 * How long to wait before connecting again, in ms: full jitter, so that clients that were cut off together do not come back
 * together.
 *
 * @param failures since it was open, 1 or more
 */
export function reconnectDelay(code: number, failures: number, { minDelay, maxDelay }: Delays): number {
  if (code === 1012 && failures === 1) return Math.random() * restartWindow;
  const steps = code === 1013 ? failures + overloadFailures : failures;
  return Math.random() * Math.min(maxDelay, minDelay * 2 ** steps);
}

export interface Delays {
  readonly minDelay: number;
  readonly maxDelay: number;
}
