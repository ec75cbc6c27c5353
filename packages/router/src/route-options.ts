import type { IncomingMessage } from 'node:http';
import { resolveLimits } from '@turnout/core';
import type { ConnectionLimits, Limits } from '@turnout/core';
import type { ErrorHook } from './error-context.ts';
import { assertOriginRule } from './origin.ts';
import type { OriginRule } from './origin.ts';

/**
 * The subprotocols that a route speaks, best first, or a function that is given those the client offers, its favourite
 * first, and returns one of them or `false` for none.
 */
export type ProtocolRule<Request extends IncomingMessage = IncomingMessage> =
  | readonly string[]
  | {
      // A method's parameters are bivariant, so that a function for a framework's own request type fits.
      choose(offered: readonly string[], request: Request): string | false;
    }['choose'];

/** Options of an app: they hold for all upgrades that come through it. */
export interface AppOptions<Request extends IncomingMessage = IncomingMessage> extends Partial<Limits> {
  /** Default `'same-origin'`. */
  readonly origin?: OriginRule<Request> | undefined;
  /** Default: the error is printed. */
  readonly onError?: ErrorHook<Request> | undefined;
}

/** Options of one route: they replace those of the app. */
export interface RouteOptions<Request extends IncomingMessage = IncomingMessage> extends Partial<ConnectionLimits> {
  /** Default: the app's. */
  readonly origin?: OriginRule<Request> | undefined;
  /** Default: none. */
  readonly protocols?: ProtocolRule<Request> | undefined;
}

/**
 * Checks an app's options.
 *
 * @throws {TypeError} on an option of the wrong type
 * @throws {RangeError} on a limit that is neither a whole number of 0 or more nor `Infinity`
 */
export function assertAppOptions(options: AppOptions): void {
  resolveLimits(options);
  assertOriginRule(options.origin ?? 'same-origin');
  if (options.onError !== undefined && typeof options.onError !== 'function') {
    throw new TypeError(`Invalid option onError: expected a function, got ${typeof options.onError}`);
  }
}

/** Checks a route's options; throws as {@link assertAppOptions}. */
export function assertRouteOptions({ protocols = [], origin = 'same-origin', ...limits }: RouteOptions): void {
  resolveLimits(limits);
  assertOriginRule(origin);
  if (typeof protocols === 'function' || Array.isArray(protocols)) return;
  throw new TypeError(`Invalid option protocols: expected a list or a function, got ${typeof protocols}`);
}
