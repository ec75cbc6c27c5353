import type { ServerOptions } from 'node:http';
import { isWebSocketUpgrade } from '@turnout/core';

/** Options of the server that an app's own `listen()` creates. */
export const serverOptions: ServerOptions = {
  // Against clients that send their headers slowly or not at all; by default Node.js waits 60 s and checks every 30 s.
  headersTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  // Makes Node.js 24 and later treat an upgrade to anything but `websocket` as a plain request.
  ...({ shouldUpgradeCallback: isWebSocketUpgrade } as object),
};
