import type { IncomingMessage } from 'node:http';
import { connectionLimitOptions, resolveDeflate } from '@turnout/core';
import type { ConnectionLimits, MessagesAfterClose, PerMessageDeflateOptions } from '@turnout/core';
import { checked, oneOf, value, type OptionsFor } from '@turnout/core/options';
import { assertRate } from './message-rates.ts';
import type { RateOptions } from './message-rates.ts';
import { assertOriginRule } from './origin.ts';
import type { OriginRule } from './origin.ts';

/**
 * The subprotocols that a route speaks, in order of preference, or a function that gets those the client offers, in its
 * order of preference, and returns one of them or `false` for none.
 */
export type ProtocolRule<Request extends IncomingMessage = IncomingMessage> =
  | readonly string[]
  | {
      // A method's parameters are bivariant, so a function for a framework's own request type fits.
      choose(offered: readonly string[], request: Request): string | false;
    }['choose'];

/** Options of one route: they override those of the app. */
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

/** Options of both apps and routes. */
export const sharedOptions = {
  ...connectionLimitOptions,
  origin: checked<OriginRule>("'same-origin', 'any', a list or a function", assertOriginRule),
  perMessageDeflate: checked<boolean | PerMessageDeflateOptions>('a boolean or an object', resolveDeflate),
  rate: checked<RateOptions>('an object', assertRate),
  messagesAfterClose: oneOf<MessagesAfterClose, undefined>(['drop', 'deliver'], undefined),
};

export const routeOptions = {
  ...sharedOptions,
  protocols: value<ProtocolRule>(
    'a list or a function',
    (given) => Array.isArray(given) || typeof given === 'function',
  ),
} satisfies OptionsFor<RouteOptions>;
