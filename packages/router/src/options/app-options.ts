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

/** Options of an app: they hold for all upgrades that come through it. */
export interface AppOptions<Request extends IncomingMessage = IncomingMessage>
  extends Partial<Limits>, Partial<AppLimits> {
  /** Default `'same-origin'`. */
  readonly origin?: OriginRule<Request> | undefined;
  /** Whether to compress messages with clients that can (RFC 7692), and how. Default: not. */
  readonly perMessageDeflate?: boolean | PerMessageDeflateOptions | undefined;
  /**
   * How fast clients may send messages; beyond it they are held back, then closed with 1008. Default: as fast as they
   * like.
   */
  readonly rate?: RateOptions | undefined;
  /** What becomes of messages that come after a socket's `close()` was called. Default `drop`. */
  readonly messagesAfterClose?: MessagesAfterClose | undefined;
  /**
   * How often, in ms, the store is asked whether the session of an open socket is still there, as another process may
   * have ended it, or the store itself when it expired. `Infinity`: never. Default 4000.
   */
  readonly sessionCheckInterval?: number | undefined;
  /**
   * Whether the store is asked before each message too, for apps where nothing may be handled once a session has ended
   * anywhere: a read of the store a message. Where it cannot answer, the socket is closed with 1011. Default `false`.
   */
  readonly recheckSession?: boolean | undefined;
  /**
   * Names the user of a request, once middleware has run, for `disconnectUser()`; `undefined` for nobody. Default:
   * none.
   */
  readonly user?: UserRule<Request> | undefined;
  /** Joins the app to its other nodes, where `disconnectUser()` then works too. Default: this process is alone. */
  readonly hub?: NodeHub | undefined;
  /**
   * Given a line about the first refusal and the first fault of each kind in a minute: what, where, and what to do.
   * `false` for nobody. Default: `console.warn`, and where `NODE_ENV` is `production` nobody.
   */
  readonly warn?: WarnOption | undefined;
  /** Default: the error is printed. */
  readonly onError?: ErrorHook<Request> | undefined;
}

/** Names the user of a request. */
export type UserRule<Request extends IncomingMessage = IncomingMessage> = {
  // A method's parameters are bivariant, so that a function for a framework's own request type fits.
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

/** Options of an app, checked and complete. */
export type AppSettings = Resolved<typeof appOptions>;
