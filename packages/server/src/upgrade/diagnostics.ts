import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from '@turnout/core';
import createDebug from 'debug';

/** The channel `turnout:error` of `@turnout/core`; here for errors of middleware, option functions and handlers. */
export const errorChannel = channel('turnout:error');

const acceptChannel = channel('turnout:accept');
const refuseChannel = channel('turnout:refuse');

/** Printed with `DEBUG=turnout:*`. */
const debug = createDebug('turnout:upgrade');

/** Publishes `turnout:accept`, `{ socket, request }`: an upgrade was accepted, and its handler is about to run. */
export function tellAccepted(socket: WebSocket, request: IncomingMessage): void {
  if (acceptChannel.hasSubscribers) acceptChannel.publish({ socket, request });
  if (!debug.enabled) return;
  debug('accepted %s', request.url);
  void socket.closed.then(({ code, reason }) => debug('closed %s with %d %s', request.url, code, reason));
}

interface RefusedMessage {
  readonly request: IncomingMessage;
  readonly status: number;
  readonly reason: string;
}

/** Publishes `turnout:refuse`, `{ request, status, reason }`: an upgrade was refused. */
export function publishRefused({ request, status, reason }: RefusedMessage): void {
  if (refuseChannel.hasSubscribers) refuseChannel.publish({ request, status, reason });
  debug('refused %s with %d: %s', request.url, status, reason);
}
