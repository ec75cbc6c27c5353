/** In ms. Spreads the clients of a restarted server: at most one in twenty reconnects in any quarter of a second. */
const restartWindow = 6_000;
/** After 1013, the delay is that of this many additional failures. */
const overloadFailures = 4;

/**
 * How long to wait before reconnecting, in ms: with full jitter, so that clients that were disconnected together do not
 * reconnect together.
 *
 * @param failures since the client was last open, 1 or more
 */
export function reconnectDelay(
  code: number,
  failures: number,
  { minReconnectDelay, maxReconnectDelay }: Delays,
): number {
  const isRestart = code === 1012 && failures === 1;
  const steps = code === 1013 ? failures + overloadFailures : failures;
  return Math.random() * (isRestart ? restartWindow : Math.min(maxReconnectDelay, minReconnectDelay * 2 ** steps));
}

export interface Delays {
  readonly minReconnectDelay: number;
  readonly maxReconnectDelay: number;
}
