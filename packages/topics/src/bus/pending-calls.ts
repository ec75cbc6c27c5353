import { TopicError } from './errors.ts';

export interface PendingLimits {
  /** Messages on their way to the broker. Default 1,000. */
  readonly maxPendingMessages: number;
  /** Bytes of them. Default 1 MiB. */
  readonly maxPendingBytes: number;
  /** How long, in ms, the broker may take to answer. Default 1,000. */
  readonly timeout: number;
}

export const defaultPendingLimits: PendingLimits = {
  maxPendingMessages: 1_000,
  maxPendingBytes: 1024 * 1024,
  timeout: 1_000,
};

interface Call {
  readonly startedAt: number;
  readonly reject: (error: TopicError) => void;
}

/** Calls to a broker's server that have no answer yet: so many, for so long. For brokers. */
export class PendingCalls {
  readonly #limits: PendingLimits;
  readonly #calls = new Set<Call>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /**
   * Makes a call.
   *
   * @param bytes how much of `maxPendingBytes` it takes
   * @throws {TopicError} (rejects) over a limit, after `timeout`, and with what the call rejects with as the cause
   */
  async run<Value>(bytes: number, call: () => Promise<Value>): Promise<Value> {
    this.#assertRoom(bytes);
    this.#bytes += bytes;
    let pending: Call | undefined;
    const rejected = new Promise<never>((_resolve, reject) => {
      pending = { startedAt: performance.now(), reject };
    });
    this.#calls.add(pending!);
    if (this.#timer === undefined) this.#timer = this.#schedule(this.#limits.timeout);
    try {
      return await Promise.race([call(), rejected]);
    } catch (error) {
      if (error instanceof TopicError) throw error;
      throw new TopicError('TOPIC_ERR_BROKER', `The broker has failed: ${(error as Error).message}`, { cause: error });
    } finally {
      this.#bytes -= bytes;
      this.#calls.delete(pending!);
    }
  }

  /** Nobody will answer what is under way. */
  rejectAll(error: TopicError): void {
    for (const { reject } of this.#calls) reject(error);
  }

  #assertRoom(bytes: number): void {
    const { maxPendingMessages, maxPendingBytes } = this.#limits;
    if (this.#calls.size >= maxPendingMessages) {
      throw new TopicError('TOPIC_ERR_BACKLOG', `${maxPendingMessages} messages wait already (maxPendingMessages)`);
    }
    // One message that is longer goes alone.
    if (this.#bytes > 0 && this.#bytes + bytes > maxPendingBytes) {
      throw new TopicError(
        'TOPIC_ERR_BACKLOG',
        `${this.#bytes} bytes wait already (maxPendingBytes ${maxPendingBytes})`,
      );
    }
  }

  /** One timer for all: they were added in the order in which they time out. */
  #schedule(delay: number): NodeJS.Timeout {
    return setTimeout(() => {
      const now = performance.now();
      for (const { startedAt, reject } of this.#calls) {
        const left = startedAt + this.#limits.timeout - now;
        if (left > 0) {
          this.#timer = this.#schedule(Math.ceil(left));
          return;
        }
        reject(new TopicError('TOPIC_ERR_TIMEOUT', `The broker has not answered within ${this.#limits.timeout} ms`));
      }
      this.#timer = undefined;
    }, delay).unref();
  }
}
