import { milliseconds, whole, type OptionsFor } from '@turnout/core/options';
import { TopicError } from './errors.ts';

export interface PendingLimits {
  /** Published messages that the broker has not confirmed, 1 or more; `Infinity` for no limit. Default 1,000. */
  readonly maxPendingMessages: number;
  /** Bytes of them, 1 or more; `Infinity` for no limit. Default 1 MiB. */
  readonly maxPendingBytes: number;
  /** How long, in ms, the broker may take to answer: 1 to 2,147,483,647. Default 1,000. */
  readonly timeout: number;
}

/** The same as options of a broker. */
export const pendingOptions = {
  maxPendingMessages: whole({ default: 1_000, min: 1, unit: 'messages', infinity: true }),
  maxPendingBytes: whole({ default: 1024 * 1024, min: 1, unit: 'bytes', infinity: true }),
  timeout: milliseconds({ default: 1_000, min: 1 }),
} satisfies OptionsFor<PendingLimits>;

interface Call {
  readonly startedAt: number;
  readonly reject: (error: TopicError) => void;
}

/** Calls to a broker's server that have no answer yet. For brokers. */
export class PendingCalls {
  readonly #limits: PendingLimits;
  readonly #calls = new Set<Call>();
  #messages = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: PendingLimits) {
    this.#limits = limits;
  }

  /**
   * Makes a call that sends a message of the application, within `maxPendingMessages` and `maxPendingBytes`.
   *
   * @param bytes how much of `maxPendingBytes` it takes
   * @throws {TopicError} at once over a limit, before anything is sent; rejects as {@link run} does
   */
  publish<Value>(bytes: number, call: () => Promise<Value>): Promise<Value> {
    return this.hold(bytes, () => this.run(call));
  }

  /**
   * As {@link publish}, for what takes several calls: each of them has its own time, by {@link run}.
   *
   * @throws {TopicError} at once over a limit, before anything is sent; rejects as `send` does
   */
  hold<Value>(bytes: number, send: () => Promise<Value>): Promise<Value> {
    this.#assertRoom(bytes);
    this.#messages++;
    this.#bytes += bytes;
    return send().finally(() => {
      this.#messages--;
      this.#bytes -= bytes;
    });
  }

  /**
   * Makes a call of the hub itself, which counts against no limit but `timeout`.
   *
   * @throws {TopicError} (rejects) after `timeout`, and with what the call rejects with as the cause
   */
  async run<Value>(call: () => Promise<Value>): Promise<Value> {
    let pending: Call | undefined;
    const rejected = new Promise<never>((_resolve, reject) => {
      pending = { startedAt: performance.now(), reject };
      this.#calls.add(pending);
    });
    if (this.#timer === undefined) this.#timer = this.#schedule(this.#limits.timeout);
    try {
      return await Promise.race([call(), rejected]);
    } catch (error) {
      if (error instanceof TopicError) throw error;
      throw new TopicError('TOPIC_ERR_BROKER', `The broker has failed: ${(error as Error).message}`, { cause: error });
    } finally {
      this.#calls.delete(pending!);
    }
  }

  /** Rejects every call in flight. */
  rejectAll(error: TopicError): void {
    for (const { reject } of this.#calls) reject(error);
  }

  #assertRoom(bytes: number): void {
    const { maxPendingMessages, maxPendingBytes } = this.#limits;
    if (this.#messages >= maxPendingMessages) {
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
      // Where the event loop stood still, answers have come that are still to be read.
      setImmediate(() => this.#rejectLate(now));
    }, delay).unref();
  }

  #rejectLate(now: number): void {
    for (const { startedAt, reject } of this.#calls) {
      const left = startedAt + this.#limits.timeout - now;
      if (left > 0) {
        this.#timer = this.#schedule(Math.ceil(left));
        return;
      }
      reject(new TopicError('TOPIC_ERR_TIMEOUT', `The broker has not answered within ${this.#limits.timeout} ms`));
    }
    this.#timer = undefined;
  }
}
