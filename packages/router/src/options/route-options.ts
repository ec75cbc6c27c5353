import type { IncomingMessage } from 'node:http';
import { resolveDeflate, resolveLimits } from '@turnout/core';
import type { ConnectionLimits, MessagesAfterClose, PerMessageDeflateOptions } from '@turnout/core';
import { assertRate } from './message-rates.ts';
import type { RateOptions } from './message-rates.ts';
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

/** Options of one route: they replace those of the app. */
export interface RouteOptions<Request extends IncomingMessage = IncomingMessage> extends Partial<ConnectionLimits> {
  /** Default: the app's. */
  readonly origin?: OriginRule<Request> | undefined;
  /** Default: the app's. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** Default: the app's. */
  readonly rate?: RateOptions | undefined;
  /** Default: the app's. */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /** Default: none. */
  readonly protocols?: ProtocolRule<Request> | undefined;
}

/**
 * Checks a route's options.
 *
 * @throws {TypeError} on an option of the wrong type
 * @throws {RangeError} on a number out of its range
 */
export function assertRouteOptions({ protocols = [], origin = 'same-origin', ...options }: RouteOptions): void {
  resolveLimits(options);
  resolveDeflate(options.perMessageDeflate);
  assertOriginRule(origin);
  assertRate(options.rate);
  assertMessagesAfterClose(options.messagesAfterClose);
  if (typeof protocols === 'function' || Array.isArray(protocols)) return;
  throw new TypeError(`Invalid option protocols: expected a list or a function, got ${typeof protocols}`);
}

/** @throws {RangeError} on a wrong `messagesAfterClose` option */
export function assertMessagesAfterClose(value: unknown): void {
  if (value === undefined || value === 'drop' || value === 'deliver') return;
  const got = typeof value === 'string' ? value : typeof value;
  throw new RangeError(`Invalid option messagesAfterClose: expected 'drop' or 'deliver', got ${got}`);
}
