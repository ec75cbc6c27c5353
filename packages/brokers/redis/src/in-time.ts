import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { TopicError } from '@turnout/topics';

/**
 * Waits for an answer of Redis.
 *
 * @throws {TopicError} (rejects) if there is no answer within `timeout` ms
 */
export async function inTime<Value>(answer: Promise<Value>, timeout: number): Promise<Value> {
  const answered = new AbortController();
  const { signal } = answered;
  const late = delay(timeout, undefined, { signal, ref: false }).then(async () => {
    // If the event loop was blocked, answers may have arrived that are still to be read.
    await turn(undefined, { signal });
    throw new TopicError('TOPIC_ERR_TIMEOUT', `Redis has not answered within ${timeout} ms`);
  });
  // The timer's promise rejects if the answer comes first.
  late.catch(() => {});
  return Promise.race([answer, late]).finally(() => answered.abort());
}
