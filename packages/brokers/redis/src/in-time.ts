import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { TopicError } from '@turnout/topics';

/**
 * Waits for an answer of Redis.
 *
 * @throws {TopicError} (rejects) where there is none within `timeout` ms
 */
export async function inTime<Value>(answer: Promise<Value>, timeout: number): Promise<Value> {
  const answered = new AbortController();
  const { signal } = answered;
  const late = delay(timeout, undefined, { signal, ref: false }).then(async () => {
    // If the event loop stood still, answers have come that are still to be read.
    await turn(undefined, { signal });
    throw new TopicError('TOPIC_ERR_TIMEOUT', `Redis has not answered within ${timeout} ms`);
  });
  // Rejects where the answer is first.
  late.catch(() => {});
  return Promise.race([answer, late]).finally(() => answered.abort());
}
