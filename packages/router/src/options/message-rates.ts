import { MessageRate, messageRateOptions, type MessageRateOptions } from '@turnout/core';
import { oneOf, resolveOptions, type OptionsFor, type Resolved } from '@turnout/core/options';
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

export const rateOptions = {
  ...messageRateOptions,
  per: oneOf(['socket', 'user', 'address'], 'socket'),
} satisfies OptionsFor<RateOptions>;

/** From so many shared rates on those that are idle are looked for, and forgotten. */
const minRemembered = 1_000;

/** Checks the option `rate`. @throws {TypeError | RangeError} on a wrong member, which it names */
export function assertRate(options: RateOptions): void {
  resolveOptions(rateOptions, options, 'rate.');
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
  readonly #per: Resolved<typeof rateOptions>['per'];
  readonly #rate: MessageRateOptions;
  readonly #shared = new Map<string, MessageRate>();
  #sweepAt = minRemembered;

  constructor(options: RateOptions) {
    const { per, ...rate } = resolveOptions(rateOptions, options, 'rate.');
    this.#per = per;
    this.#rate = rate;
  }

  /** The rate that a client's socket shares with the others of its kind. */
  rateOf({ user, address }: RatedClient): MessageRate {
    const key =
      this.#per === 'user' ? user : this.#per === 'address' && address !== undefined ? networkOf(address) : undefined;
    if (key === undefined) return new MessageRate(this.#rate);
    let rate = this.#shared.get(key);
    if (rate === undefined) {
      rate = new MessageRate(this.#rate);
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
