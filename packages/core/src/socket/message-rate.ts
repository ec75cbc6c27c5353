import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import type { OptionsFor } from '../options/option.ts';
import { resolveOptions } from '../options/read-options.ts';
import { longestDelay, milliseconds, whole } from '../options/whole-number.ts';

export interface MessageRateOptions {
  /** Messages per second, 1 or more. Default: `Infinity`. */
  readonly messages?: number | undefined;
  /** Bytes of messages per second, as the application receives them, 1 or more. Default: `Infinity`. */
  readonly bytes?: number | undefined;
  /**
   * How long, in ms, a peer may exceed the rate, held back all the time; `Infinity` means for ever. Default: 10,000.
   */
  readonly patience?: number | undefined;
}

export const messageRateOptions = {
  messages: whole({ default: Infinity, min: 1, unit: 'messages', infinity: true }),
  bytes: whole({ default: Infinity, min: 1, unit: 'bytes', infinity: true }),
  patience: milliseconds({ default: 10_000, infinity: true }),
} satisfies OptionsFor<MessageRateOptions>;

/** A bucket holds the messages of this many ms. */
const burstTime = 1_000;

/** This much room, in ms, counts as a break: a peer that is held back gains room only if a timer is late. */
const breakTime = 100;

/**
 * How fast peers may send messages: one second's worth at once, and the same again each second. A peer over the rate is
 * not read until there is room, so that TCP holds it back; it is closed with 1008 after `patience`. Sockets that are
 * given the same rate share it: those of one user, or of one address.
 */
export class MessageRate {
  readonly #messages: number;
  readonly #bytes: number;
  readonly #patience: number;
  /** The time that the messages received take at this rate, in ms; it decreases as time passes. */
  #load = 0;
  #countedAt = 0;
  /** When the rate was first exceeded; restarts after a break. */
  #overSince: number | null = null;

  /** @throws {TypeError | RangeError} on a wrong option, which the message names */
  constructor(options: MessageRateOptions) {
    const { messages, bytes, patience } = resolveOptions(messageRateOptions, options);
    this.#messages = messages;
    this.#bytes = bytes;
    this.#patience = patience;
  }

  /** Whether no recent message counts any more: an unused rate may be dropped. */
  isIdle(now: number): boolean {
    return this.#load <= now - this.#countedAt;
  }

  /**
   * Counts a message.
   *
   * @param now in ms, of a monotonic clock
   * @returns how long to wait until the next message is read, in ms, at most a timer's maximum; 0 for no wait
   */
  count(byteLength: number, now: number): number {
    this.#load = Math.max(0, this.#load - (now - this.#countedAt));
    this.#countedAt = now;
    if (this.#load <= burstTime - breakTime) this.#overSince = null;
    this.#load += Math.max(1_000 / this.#messages, (byteLength * 1_000) / this.#bytes);
    if (this.#load <= burstTime) return 0;
    const wait = this.#load - burstTime;
    // The time of one long message does not count as exceeding the rate again.
    this.#overSince ??= now + wait;
    return Math.min(wait, longestDelay);
  }

  /** The fault of a peer that has exceeded the rate for too long; `null` if it has not. */
  fault(now: number): ProtocolError | null {
    if (this.#overSince === null || now - this.#overSince < this.#patience) return null;
    const limits = [`${this.#messages} messages`, `${this.#bytes} bytes`].filter((text) => !text.startsWith('Inf'));
    return new ProtocolError(
      'WS_ERR_TOO_FAST',
      CloseCode.PolicyViolation,
      `Too fast: over ${limits.join(' or ')} a second for ${this.#patience} ms (option rate)`,
    );
  }
}
