import { setTimeout as delay } from 'node:timers/promises';
import { TopicError } from '@turnout/topics';
import { CallQueue } from '@turnout/topics/broker';

/** The most calls in flight: JetStream answers them one by one, and needs some milliseconds to create a stream. */
const maxRunning = 32;

/** How often a call is made before it fails. */
const maxAttempts = 5;

/** How long, in ms, a late call waits before it is made again, times the number of attempts. */
const wait = 100;

/** Makes a call to the server with the time limit `timeout`. */
export type CallServer = <Value>(call: () => Promise<Value>) => Promise<Value>;

/**
 * Queues JetStream calls needed before publishing, reading or joining. A turn may need them for thousands of topics, so
 * only few run at a time. A late call is repeated while the server answers others. If it answers none, all waiting
 * calls are rejected.
 */
export class PacedCalls {
  readonly #callServer: CallServer;
  readonly #queue = new CallQueue(maxRunning);
  #answers = 0;
  /** Counts how often the server was found to answer no call. */
  #silences = 0;

  constructor(callServer: CallServer) {
    this.#callServer = callServer;
  }

  /**
   * @param call may be made more than once
   * @throws {TopicError} (rejects) as the call does; with `TOPIC_ERR_TIMEOUT` if the server does not answer
   */
  run<Value>(call: () => Promise<Value>): Promise<Value> {
    const silences = this.#silences;
    return this.#queue.run(() => {
      if (this.#silences > silences) throw new TopicError('TOPIC_ERR_TIMEOUT', 'JetStream does not answer');
      return this.#attempt(call);
    });
  }

  async #attempt<Value>(call: () => Promise<Value>, attempts = 1): Promise<Value> {
    const answers = this.#answers;
    try {
      const value = await this.#callServer(call);
      this.#answers++;
      return value;
    } catch (error) {
      if (!(error instanceof TopicError) || error.code !== 'TOPIC_ERR_TIMEOUT') throw error;
      if (answers === this.#answers) this.#silences++;
      if (answers === this.#answers || attempts === maxAttempts) throw error;
    }
    await delay(attempts * wait, undefined, { ref: false });
    return this.#attempt(call, attempts + 1);
  }
}
