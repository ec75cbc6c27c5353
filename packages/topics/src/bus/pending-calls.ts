import { milliseconds, whole, type OptionsFor } from '@turnout/core/options';
import { TopicError } from './errors.ts';

export interface PendingLimits {
  /** Published messages that the broker has not confirmed, 1 or more; `Infinity` for no limit. Default 1,000. */
  readonly maxPendingMessages: number;
  /** The bytes of these messages, 1 or more; `Infinity` for no limit. Default 1 MiB. */
  readonly maxPendingBytes: number;
  /** How long, in ms, the broker may take to answer: 1 to 2,147,483,647. Default 1,000. */
  readonly timeout: number;
}

/** The limits as options of a broker. */
export const pendingOptions = {
  maxPendingMessages: whole({ default: 1_000, min: 1, unit: 'messages', infinity: true }),
  maxPendingBytes: whole({ default: 1024 * 1024, min: 1, unit: 'bytes', infinity: true }),
  timeout: milliseconds({ default: 1_000, min: 1 }),
} satisfies OptionsFor<PendingLimits>;

interface Call {
  readonly startedAt: number;
  readonly reject: (error: TopicError) => void;
}

/** Calls to a broker's server that it has not answered yet. For brokers. */
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
   * @throws {TopicError} synchronously over a limit, before anything is sent; rejects as {@link run} does
   */
  publish<Value>(bytes: number, call: () => Promise<Value>): Promise<Value> {
    return this.hold(bytes, () => this.run(call));
  }

  /**
   * As {@link publish}, for a message that takes several calls: each has its own timeout, by {@link run}.
   *
   * @throws {TopicError} synchronously over a limit, before anything is sent; rejects as `send` does
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
   * Makes a call of the hub itself, to which only the limit `timeout` applies.
   *
   * @throws {TopicError} (rejects) after `timeout`, and if the call rejects, with its error as the cause
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
      throw new TopicError(
        'TOPIC_ERR_BACKLOG',
        `${maxPendingMessages} messages are already pending (maxPendingMessages)`,
      );
    }
    // A message longer than the limit is sent if nothing else is pending.
    if (this.#bytes > 0 && this.#bytes + bytes > maxPendingBytes) {
      throw new TopicError(
        'TOPIC_ERR_BACKLOG',
        `${this.#bytes} bytes are already pending (maxPendingBytes ${maxPendingBytes})`,
      );
    }
  }

  /** One timer for all calls: they are stored in the order in which they time out. */
  #schedule(delay: number): NodeJS.Timeout {
    return setTimeout(() => {
      const now = performance.now();
      // If the event loop was blocked, answers may have arrived that are not read yet.
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
