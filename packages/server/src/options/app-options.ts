import type { IncomingMessage } from 'node:http';
import { limitOptions } from '@turnout/core';
import type { Limits, MessagesAfterClose, PerMessageDeflateOptions } from '@turnout/core';
import { callback, checked, flag, milliseconds, type OptionsFor, type Resolved } from '@turnout/core/options';
import { appLimitOptions, type AppLimits } from './app-limits.ts';
import type { ErrorHook } from './error-context.ts';
import type { RateOptions } from './message-rates.ts';
import { assertNodeHub, type NodeHub } from './node-hub.ts';
import { assertWarn, type WarnOption } from './notices.ts';
import type { OriginRule } from './origin.ts';
import { sharedOptions } from './route-options.ts';

/** Options of an app: they apply to all upgrades that pass through it. */
export interface AppOptions<Request extends IncomingMessage = IncomingMessage>
  extends Partial<Limits>, Partial<AppLimits> {
  /** Default `'same-origin'`. */
  readonly origin?: OriginRule<Request> | undefined;
  /** Whether to compress messages with clients that support it (RFC 7692), and how. Default `false`. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /** How fast clients may send messages; faster ones are held back, then closed with 1008. Default: no limit. */
  readonly rate?: RateOptions | undefined;
  /** What happens to messages that arrive after the socket's `close()` was called. Default `drop`. */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /**
   * How often, in ms, the store is asked whether the session of an open socket still exists: another process may have
   * ended it, or it may have expired in the store. `Infinity`: never. Default 4000.
   */
  readonly sessionCheckInterval?: number | undefined;
  /**
   * Whether the store is asked before each message too, for apps that may handle no message after the session has ended
   * on any node: one store read per message. If it cannot answer, the socket is closed with 1011. Default `false`.
   */
  readonly recheckSession?: boolean | undefined;
  /**
   * Names the user of a request, once middleware has run, for `disconnectUser()`; `undefined` for no user. Default:
   * none.
   */
  readonly user?: UserRule<Request> | undefined;
  /**
   * Connects the app to its other nodes, so that `disconnectUser()` works on all of them. Default: this process only.
   */
  readonly hub?: NodeHub | undefined;
  /**
   * Called with one line about the first refusal and the first fault of each kind per minute: what, where, and what to
   * do. `false` switches it off. Default: `console.warn`; off if `NODE_ENV` is `production`.
   */
  readonly warn?: WarnOption | undefined;
  /** Default: the error is printed. */
  readonly onError?: ErrorHook<Request> | undefined;
}

/** Names the user of a request. */
export type UserRule<Request extends IncomingMessage = IncomingMessage> = {
  // A method's parameters are bivariant, so a function for a framework's own request type fits.
  nameOf(request: Request): string | undefined;
}['nameOf'];

export const appOptions = {
  ...limitOptions,
  ...sharedOptions,
  ...appLimitOptions,
  sessionCheckInterval: milliseconds({ default: 4_000, min: 1, infinity: true }),
  recheckSession: flag(false),
  user: callback<UserRule>(),
  hub: checked<NodeHub>('a hub', assertNodeHub),
  warn: checked<WarnOption>('false or a function', assertWarn),
  onError: callback<ErrorHook>(),
} satisfies OptionsFor<AppOptions>;

/** Options of an app, validated and with defaults. */
export type AppSettings = Resolved<typeof appOptions>;
