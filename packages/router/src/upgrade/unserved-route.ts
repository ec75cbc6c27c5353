import type { IncomingMessage } from 'node:http';
import { isWebSocketUpgrade } from '@turnout/core';

/** Requests that go through an app whose upgrade server has the last word on them. */
const served = new WeakSet<IncomingMessage>();

/** Notes, of a request that asks for an upgrade, that it goes through an app with an upgrade server. */
export function noteServed(request: IncomingMessage): void {
  if (request.headers.upgrade !== undefined) served.add(request);
}

/**
 * Why a request that asks for a WebSocket, and has come to its route as a plain one, gets none from there on: the route
 * stands in an app without an upgrade server, whose 404 would say nothing.
 *
 * @returns `undefined` where that is not so
 */
export function unservedRouteError(request: IncomingMessage): Error | undefined {
  if (served.has(request) || !isWebSocketUpgrade(request)) return undefined;
  return new Error(
    `Cannot open the WebSocket at ${request.url}: the app of this route did not go through turnout(). ` +
      'Give turnout() the outermost app, and have its listen() or attach() serve it',
  );
}
