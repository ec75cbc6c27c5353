/** A server that restarts wants its clients back, but no more than one in twenty in any quarter of a second. In ms. */
const restartWindow = 6_000;
/** One that has too much to do is given the time of so many failures. */
const overloadFailures = 4;

/**
 * How long to wait before connecting again, in ms: full jitter, so that clients that were cut off together do not come
 * back together.
 *
 * @param failures since it was open, 1 or more
 */
export function reconnectDelay(code: number, failures: number, { minDelay, maxDelay }: Delays): number {
  const isRestart = code === 1012 && failures === 1;
  const steps = code === 1013 ? failures + overloadFailures : failures;
  return Math.random() * (isRestart ? restartWindow : Math.min(maxDelay, minDelay * 2 ** steps));
}

export interface Delays {
  readonly minDelay: number;
  readonly maxDelay: number;
}
