import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import type { OptionsFor } from '../options/option.ts';
import { resolveOptions } from '../options/read-options.ts';
import { longestDelay, milliseconds, whole } from '../options/whole-number.ts';

export interface MessageRateOptions {
  /** Messages a second, 1 or more. Default: `Infinity`. */
  readonly messages?: number | undefined;
  /** Bytes of messages a second, as the application gets them, 1 or more. Default: `Infinity`. */
  readonly bytes?: number | undefined;
  /**
   * How long a peer may go on being over the rate, held back all the while, in ms; `Infinity` for ever. Default:
   * 10,000.
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

/** This much room, in ms, counts as a break: a peer that is held back gains room only through late timers. */
const breakTime = 100;

/**
 * How fast peers may send messages: one second's worth at once, and the same again in each second. A peer over the rate
 * is not read until there is room, so that TCP holds it back; it is closed with 1008 after `patience`. Sockets with the
 * same rate share it: those of a user, or of an address.
 */
export class MessageRate {
  readonly #messages: number;
  readonly #bytes: number;
  readonly #patience: number;
  /** How long what has come takes at this rate, in ms; it runs off with time. */
  #load = 0;
  #countedAt = 0;
  /** Since when it has been over without a break. */
  #overSince: number | null = null;

  /** @throws {TypeError | RangeError} on a wrong option, which it names */
  constructor(options: MessageRateOptions) {
    const { messages, bytes, patience } = resolveOptions(messageRateOptions, options);
    this.#messages = messages;
    this.#bytes = bytes;
    this.#patience = patience;
  }

  /** Whether nothing that came lately counts any more: a rate that nobody uses may be forgotten. */
  isIdle(now: number): boolean {
    return this.#load <= now - this.#countedAt;
  }

  /**
   * Counts a message.
   *
   * @param now in ms, of a clock that is never set
   * @returns how long to wait until the next is read, in ms, at most as long as a timer can; 0 for not at all
   */
  count(byteLength: number, now: number): number {
    this.#load = Math.max(0, this.#load - (now - this.#countedAt));
    this.#countedAt = now;
    if (this.#load <= burstTime - breakTime) this.#overSince = null;
    this.#load += Math.max(1_000 / this.#messages, (byteLength * 1_000) / this.#bytes);
    if (this.#load <= burstTime) return 0;
    const wait = this.#load - burstTime;
    // The time that one long message costs does not count as exceeding the rate again.
    this.#overSince ??= now + wait;
    return Math.min(wait, longestDelay);
  }

  /** The fault of a peer that has been over the rate for too long; `null` where it has not. */
  fault(now: number): ProtocolError | null {
    if (this.#overSince === null || now - this.#overSince < this.#patience) return null;
    return new ProtocolError(
      'WS_ERR_TOO_FAST',
      CloseCode.PolicyViolation,
      `Too fast: over ${this.#messages} messages or ${this.#bytes} bytes a second for ${this.#patience} ms (option rate)`,
    );
  }
}
