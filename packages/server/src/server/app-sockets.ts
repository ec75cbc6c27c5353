import type { WebSocket } from '@turnout/core';
import { flag, type OptionsFor } from '@turnout/core/options';
import type { CloseOptions } from './close-options.ts';

/** The sockets of an app, and how to close them, for every framework. */
export interface AppSockets {
  /** The sockets that are open now. */
  readonly sockets: ReadonlySet<WebSocket>;
  /** The sockets of one user, as the option `user` names them, across all sessions. */
  socketsOf(user: string): readonly WebSocket[];
  /**
   * Closes all sockets of one user, across all sessions and, with the option `hub`, on all nodes: with 3000
   * `Disconnected`, or with 1012 if clients may reconnect at once. Pending upgrades of that user are refused with 401
   * or 503, or their sockets are closed as they open.
   *
   * @returns a promise of the number of sockets on this node, which are already closing when it returns; it rejects if
   *   other nodes could not be notified
   */
  disconnectUser(user: string, options?: DisconnectOptions): Promise<number>;
  /**
   * Refuses new and pending upgrades with 503 and `Retry-After`, closes all sockets over `window`, waits for running
   * handlers, and cuts off what remains after `timeout`. The HTTP server keeps running.
   *
   * @returns a promise that resolves when all are done
   * @throws {RangeError} on a close code that may not be sent, or an invalid delay
   */
  close(options?: CloseOptions): Promise<void>;
}

/** How a user's sockets are closed. */
export interface DisconnectOptions {
  /** Whether clients may reconnect at once, for instance after a change of permissions. Default `false`. */
  readonly reconnect?: boolean;
}

export const disconnectOptions = { reconnect: flag(false) } satisfies OptionsFor<DisconnectOptions>;

/** As property descriptors, for `Object.defineProperties()`. */
export function describeAppSockets(appSockets: AppSockets): Record<keyof AppSockets, PropertyDescriptor> {
  const methods: Omit<AppSockets, 'sockets'> = {
    socketsOf: (user) => appSockets.socketsOf(user),
    disconnectUser: (user, options) => appSockets.disconnectUser(user, options),
    close: (options) => appSockets.close(options),
  };
  return {
    sockets: { get: () => appSockets.sockets },
    socketsOf: { value: methods.socketsOf },
    disconnectUser: { value: methods.disconnectUser },
    close: { value: methods.close },
  };
}
