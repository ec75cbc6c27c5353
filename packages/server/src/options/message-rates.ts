import { MessageRate, messageRateOptions, type MessageRateOptions } from '@turnout/core';
import { oneOf, resolveOptions, type OptionsFor, type Resolved } from '@turnout/core/options';
import { networkOf } from './client-network.ts';

/** How fast messages may arrive, and which sockets share that rate. */
export interface RateOptions extends MessageRateOptions {
  /**
   * Which messages are counted together: those of one socket, of all sockets of a user (as the option `user` names
   * them), or of an address. A socket without a user or address is counted on its own. Default `socket`.
   */
  readonly per?: 'socket' | 'user' | 'address' | undefined;
}

/** The user and address that a socket belongs to. */
export interface RatedClient {
  readonly user: string | undefined;
  readonly address: string | undefined;
}

export const rateOptions = {
  ...messageRateOptions,
  per: oneOf(['socket', 'user', 'address'], 'socket'),
} satisfies OptionsFor<RateOptions>;

/** Idle rates are removed once there are more shared rates than this. */
const minRemembered = 1_000;

/** Checks the option `rate`. @throws {TypeError | RangeError} on an invalid member, naming it */
export function assertRate(options: RateOptions): void {
  resolveOptions(rateOptions, options, 'rate.');
}

const known = new WeakMap<RateOptions, MessageRates>();

/** The rates shared by all sockets with these options: those of an app, or of one route with its own options. */
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

  /** The rate for a client's socket, shared with the other sockets of the same user or address. */
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

  /** The next sweep runs at twice the number of rates still in use. */
  #sweep(): void {
    const now = performance.now();
    for (const [key, rate] of this.#shared) if (rate.isIdle(now)) this.#shared.delete(key);
    this.#sweepAt = Math.max(minRemembered, this.#shared.size * 2);
  }
}
