import type { IncomingMessage } from 'node:http';
import { isWebSocketUpgrade } from '@turnout/core';
import { pendingUpgradeOf } from './pending-upgrade.ts';

/** Requests that entered an app with an upgrade server. */
const served = new WeakSet<IncomingMessage>();

/** Notes that an upgrade request has entered an app with an upgrade server, as a plain request. */
export function noteServed(request: IncomingMessage): void {
  if (request.headers.upgrade !== undefined && pendingUpgradeOf(request) === undefined) served.add(request);
}

/**
 * The error for an upgrade request that reaches its route as a plain request in an app without an upgrade server: that
 * app's 404 would explain nothing.
 *
 * @returns `undefined` for all other requests
 */
export function unservedRouteError(request: IncomingMessage): Error | undefined {
  if (served.has(request) || !isWebSocketUpgrade(request)) return undefined;
  return new Error(
    `Cannot open the WebSocket at ${request.url}: the app of this route did not go through turnout(). ` +
      'Pass the outermost app to turnout(), and serve it with app.listen() or attach(server, app)',
  );
}
