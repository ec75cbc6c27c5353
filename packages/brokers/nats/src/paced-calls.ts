import { setTimeout as delay } from 'node:timers/promises';
import { TopicError } from '@turnout/topics';
import { CallQueue } from '@turnout/topics/broker';

/** Calls in flight: JetStream answers one after the other, and makes a stream in some milliseconds. */
const maxRunning = 32;

/** How often a call is made. */
const maxAttempts = 5;

/** How long, in ms, a call that was late waits before it is made again: so much more each time. */
const wait = 100;

/** Makes a call to the server, which may take `timeout` ms. */
export type CallServer = <Value>(call: () => Promise<Value>) => Promise<Value>;

/**
 * What is to be asked or made at JetStream before something can be published, read or joined: for thousands of topics
 * in one turn, so few at a time. A call that is late is made again while the server answers others. Where it answers
 * none, all that wait are rejected.
 */
export class PacedCalls {
  readonly #callServer: CallServer;
  readonly #queue = new CallQueue(maxRunning);
  #answers = 0;
  /** Counts how often the server was found to answer nobody. */
  #silences = 0;

  constructor(callServer: CallServer) {
    this.#callServer = callServer;
  }

  /**
   * @param call may be made more than once
   * @throws {TopicError} (rejects) as the call does; with `TOPIC_ERR_TIMEOUT` where the server does not answer
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
