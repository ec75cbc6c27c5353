/** Whose peer does not take all that is sent at once: an outbox. */
export interface SlowSender {
  readonly maxTotalBufferedAmount: number;
  /** Destroys the connection, and with it what waits. */
  shed(total: number): void;
}

const waiting = new Map<SlowSender, number>();
let total = 0;

/**
 * Counts what waits for a peer, in bytes, into what waits in the process. Over the sender's `maxTotalBufferedAmount`
 * the one for whom most waits is shed.
 */
export function countWaiting(sender: SlowSender, bytes: number): void {
  total += bytes - (waiting.get(sender) ?? 0);
  if (bytes > 0) waiting.set(sender, bytes);
  else waiting.delete(sender);
  if (total > sender.maxTotalBufferedAmount) shedSlowest();
}

function shedSlowest(): void {
  const [slowest, bytes] = [...waiting].reduce((most, one) => (one[1] > most[1] ? one : most));
  const before = total;
  // Not counted any more from now on, so that its bytes shed nobody else.
  total -= bytes;
  waiting.delete(slowest);
  slowest.shed(before);
}
