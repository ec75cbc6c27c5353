import { MessageRate, type MessageRateOptions } from '@turnout/core';
import { networkOf } from './client-network.ts';

/** How fast messages may come, and who shares that. */
export interface RateOptions extends MessageRateOptions {
  /**
   * Whose messages are counted together: those of each socket, of all sockets of a user (as the option `user` names
   * them), or of an address. A socket without a user or address counts for itself. Default `socket`.
   */
  readonly per?: 'socket' | 'user' | 'address' | undefined;
}

/** Whom a socket belongs to. */
export interface RatedClient {
  readonly user: string | undefined;
  readonly address: string | undefined;
}

const sharers = ['socket', 'user', 'address'];

/** From so many shared rates on those that are idle are looked for, and forgotten. */
const minRemembered = 1_000;

/**
 * Checks a rate.
 *
 * @throws {TypeError | RangeError} on a wrong option
 */
export function assertRate(options: RateOptions | undefined): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`Invalid option rate: expected an object, got ${options === null ? 'null' : typeof options}`);
  }
  if (options.per !== undefined && !sharers.includes(options.per)) {
    throw new RangeError(`Invalid option rate.per: expected ${sharers.join(', ')}, got ${options.per}`);
  }
  ratesOf(options).rateOf({ user: undefined, address: undefined });
}

const known = new WeakMap<RateOptions, MessageRates>();

/**
 * The rates that all sockets with these options share: those of an app's routes, or of one route with options of its
 * own.
 */
export function ratesOf(options: RateOptions): MessageRates {
  let rates = known.get(options);
  if (rates === undefined) {
    rates = new MessageRates(options);
    known.set(options, rates);
  }
  return rates;
}

/** The rates of many clients. */
export class MessageRates {
  readonly #options: RateOptions;
  readonly #shared = new Map<string, MessageRate>();
  #sweepAt = minRemembered;

  constructor(options: RateOptions) {
    this.#options = options;
  }

  /** The rate that a client's socket shares with the others of its kind. */
  rateOf({ user, address }: RatedClient): MessageRate {
    const { per = 'socket' } = this.#options;
    const key = per === 'user' ? user : per === 'address' && address !== undefined ? networkOf(address) : undefined;
    if (key === undefined) return new MessageRate(this.#options);
    let rate = this.#shared.get(key);
    if (rate === undefined) {
      rate = new MessageRate(this.#options);
      this.#shared.set(key, rate);
      if (this.#shared.size > this.#sweepAt) this.#sweep();
    }
    return rate;
  }

  /** Next when there are twice as many as are in use. */
  #sweep(): void {
    const now = performance.now();
    for (const [key, rate] of this.#shared) if (rate.isIdle(now)) this.#shared.delete(key);
    this.#sweepAt = Math.max(minRemembered, this.#shared.size * 2);
  }
}
