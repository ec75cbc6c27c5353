import type { ServerOptions } from 'node:http';
import { isWebSocketUpgrade } from '@turnout/core';

/** Options of the server that an app's own `listen()` makes. */
export const serverOptions: ServerOptions = {
  // Against clients that send their headers slowly or not at all; Node.js waits for 60 s, and looks every 30 s.
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  // Has Node.js 24 and later treat an upgrade to anything but `websocket` as the plain request that it is too.
  ...({ shouldUpgradeCallback: isWebSocketUpgrade } as object),
};
