import type { WebSocket } from '@turnout/core';
import { flag, type OptionsFor } from '@turnout/core/options';
import type { CloseOptions } from './close-options.ts';

/** What an app with WebSocket routes knows of its sockets and does with them, whatever its framework. */
export interface AppSockets {
  /** The sockets that are open now. */
  readonly sockets: ReadonlySet<WebSocket>;
  /** The sockets of one user, as the option `user` names them, over all sessions. */
  socketsOf(user: string): readonly WebSocket[];
  /**
   * Closes all sockets of one user, over all sessions and, with the option `hub`, on all nodes: with 3000
   * `Disconnected`, or where they may come back at once 1012. Upgrades of that user which began before, and are not
   * answered yet, are refused with 401 or 503, or their sockets are closed as they open.
   *
   * @returns a promise of how many on this node, which are being closed when it returns; it rejects where other nodes
   *   could not be told
   */
  disconnectUser(user: string, options?: DisconnectOptions): Promise<number>;
  /**
   * Refuses new upgrades with 503 and `Retry-After`, also those that are not answered yet, closes all sockets over
   * `window`, waits for running handlers, and cuts off what has not gone within `timeout`. The HTTP server goes on.
   *
   * @returns a promise that resolves when the last has gone
   * @throws {RangeError} on a code that may not be sent, or a time that is no delay
   */
  close(options?: CloseOptions): Promise<void>;
}

/** How a user's sockets are closed. */
export interface DisconnectOptions {
  /** Whether clients may connect again at once, as after a change of rights. Default `false`. */
  readonly reconnect?: boolean;
}

export const disconnectOptions = { reconnect: flag(false) } satisfies OptionsFor<DisconnectOptions>;

/** The same as properties, for `Object.defineProperties()`. */
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
