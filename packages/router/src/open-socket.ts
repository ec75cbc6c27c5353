import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, reportError, WebSocket } from '@turnout/core';
import type { AgreedDeflate, ConnectionLimits, SocketOptions } from '@turnout/core';
import { tellAccepted } from './diagnostics.ts';
import { noteLiveSession } from './live-session.ts';
import type { PendingUpgrade } from './pending-upgrade.ts';
import { SessionChanges } from './session-changes.ts';
import { SessionExpiry } from './session-expiry.ts';
import type { SessionWatch } from './session-watch.ts';

/**
 * A route's own code: gets the accepted socket, and the request or context of the app's framework. Messages wait until somebody reads them, so it may await something
 * first. When it throws or rejects, its socket is closed with 1011 and the error reported in phase `open`.
 */
export type SocketHandler<Context = IncomingMessage> = (socket: WebSocket, context: Context) => unknown;

/** What becomes of an accepted upgrade. */
export interface Opening {
  readonly duplex: Duplex;
  readonly head: Buffer;
  readonly protocol: string;
  readonly deflate: AgreedDeflate | null;
  readonly limits: ConnectionLimits;
  /** The route's handler, which knows its request by then. */
  readonly handler: (socket: WebSocket) => unknown;
}

/** Opens the socket of an accepted upgrade and runs the handler of its route. */
export function openSocket(
  pending: PendingUpgrade,
  { duplex, head, protocol, deflate, limits, handler }: Opening,
): void {
  const { host, sessionWatch: watch } = pending;
  const socket = new WebSocket(duplex, {
    role: 'server',
    limits,
    head,
    protocol,
    deflate,
    onError: errorHookOf(pending),
    admitMessage: host.options.recheckSession && watch ? () => watch.verify() : undefined,
  });
  if (watch !== undefined) noteLiveSession(socket, watch);
  const isUsable = host.onOpen(socket, pending.user);
  tellAccepted(socket, pending.request);
  watch?.whenEnded(() => socket.close(CloseCode.Unauthorized, 'Session ended'));
  const handled = isUsable && !watch?.isEnded ? runHandler(pending, socket, handler) : undefined;
  if (watch === undefined) return;
  void Promise.all([handled, keepWatch(pending, socket, watch)]).then(() => watch.release());
}

/**
 * Tells the app's own error hook of a socket's errors, with its request. Without one the request is not kept for as
 * long as the socket is open: it is twice what the socket itself takes.
 */
function errorHookOf({ request, host }: PendingUpgrade): SocketOptions<WebSocket>['onError'] {
  if (host.options.onError === undefined) return undefined;
  return (error, { phase, socket }) => reportError(host.options.onError, error, { phase, request, socket });
}

async function runHandler(pending: PendingUpgrade, socket: WebSocket, handler: Opening['handler']): Promise<void> {
  const { request, host, session, sessionWatch: watch } = pending;
  host.onHandling();
  try {
    const changes = watch && session && new SessionChanges(session, watch);
    const result: unknown = handler(socket);
    await Promise.all([result, changes?.save()]);
    await changes?.save();
  } catch (error) {
    host.report(error, { phase: 'open', request, socket });
    socket.close(CloseCode.InternalError);
  } finally {
    host.onHandled();
  }
}

async function keepWatch(
  { request, host, session }: PendingUpgrade,
  socket: WebSocket,
  watch: SessionWatch,
): Promise<void> {
  try {
    // It has ended while the end of the response was saving it, and stands in the store once more.
    if (watch.isEnded) await watch.destroySession();
  } catch (error) {
    host.report(error, { phase: 'open', request, socket });
  }
  host.patrol(watch);
  const expiry = new SessionExpiry(session!, watch);
  return untilClosed(socket, expiry);
}

/** Apart, as an async function that waits keeps all that it was given. */
async function untilClosed(socket: WebSocket, expiry: SessionExpiry): Promise<void> {
  await socket.closed;
  expiry.release();
}
