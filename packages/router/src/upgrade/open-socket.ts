import type { IncomingMessage } from 'node:http';
import { CloseCode, reportError, WebSocket } from '@turnout/core';
import type { AgreedDeflate, ConnectionLimits, MessageRate, MessagesAfterClose, SocketOptions } from '@turnout/core';
import { tellAccepted } from './diagnostics.ts';
import { closeByOrder } from './disconnect-orders.ts';
import { noteSession } from '../session/live-session.ts';
import { pathOfTarget } from './path-of-target.ts';
import type { AcceptedUpgrade, PendingUpgrade } from './pending-upgrade.ts';
import { watchFaults } from './watch-faults.ts';
import { SessionSaver } from '../session/session-saver.ts';
import { SessionExpiry } from '../session/session-expiry.ts';
import type { SessionRequest } from '../session/session-request.ts';

/**
 * A route's own code: gets the accepted socket, and the request or context of the app's framework. Messages wait until
 * somebody reads them, so it may await something first. When it throws or rejects, its socket is closed with 1011 and
 * the error reported in phase `open`.
 */
export type SocketHandler<Context = IncomingMessage> = (socket: WebSocket, context: Context) => unknown;

/** What becomes of an accepted upgrade. */
export interface Opening extends AcceptedUpgrade {
  readonly protocol: string;
  readonly deflate: AgreedDeflate | null;
  readonly limits: ConnectionLimits;
  readonly rate: MessageRate | undefined;
  readonly messagesAfterClose: MessagesAfterClose | undefined;
  /** The session that it was accepted under. */
  readonly session: SessionRequest | undefined;
  /** Who it is, as the app names users. */
  readonly user: string | undefined;
  /** The route's handler, which knows its request by then; `fail` reports an error of it, and closes the socket. */
  readonly handler: (socket: WebSocket, fail: (error: unknown) => void) => unknown;
}

/** Opens the socket of an accepted upgrade and runs the handler of its route. */
export function openSocket(pending: PendingUpgrade, opening: Opening): void {
  const { duplex, head, order, protocol, deflate, limits, rate, messagesAfterClose, session, user } = opening;
  const { host, sessionWatch: watch } = pending;
  const socket = new WebSocket(duplex, {
    role: 'server',
    limits,
    head,
    protocol,
    deflate,
    rate,
    messagesAfterClose,
    onError: errorHookOf(pending),
    user,
    admitMessage: host.options.recheckSession && watch ? () => watch.verify() : undefined,
  });
  if (watch !== undefined) noteSession(socket, watch);
  const isUsable = host.onOpen(socket) && order === undefined;
  tellAccepted(socket, pending.request);
  if (host.notices.isOn) watchFaults(socket, pathOfTarget(pending.upgrade.target), host.notices);
  if (order !== undefined) closeByOrder(socket, order);
  watch?.whenEnded(() => {
    // What was not read before the session ended is not handled after it.
    socket.ignoreMessages();
    socket.close(CloseCode.Unauthorized, 'Session ended');
  });
  const handled = isUsable && !watch?.isEnded ? runHandler(pending, socket, opening) : undefined;
  if (watch === undefined) return;
  void Promise.all([handled, keepWatch(pending, socket, session!)]).then(() => watch.release());
}

/**
 * Tells the app's own error hook of a socket's errors, with its request. Without one the request is not kept for as
 * long as the socket is open: it is twice what the socket itself takes.
 */
function errorHookOf({ request, host }: PendingUpgrade): SocketOptions<WebSocket>['onError'] {
  if (host.options.onError === undefined) return undefined;
  return (error, { phase, socket }) => reportError(host.options.onError, error, { phase, request, socket });
}

async function runHandler(
  { request, host, sessionWatch: watch }: PendingUpgrade,
  socket: WebSocket,
  { handler, session }: Pick<Opening, 'handler' | 'session'>,
): Promise<void> {
  const fail = (error: unknown): void => {
    host.report(error, { phase: 'open', request, socket });
    socket.close(CloseCode.InternalError);
  };
  host.onHandling();
  try {
    const changes = watch && session && new SessionSaver(session, watch);
    const result: unknown = handler(socket, fail);
    await Promise.all([result, changes?.save()]);
    await changes?.save();
  } catch (error) {
    fail(error);
  } finally {
    host.onHandled();
  }
}

async function keepWatch(
  { request, host, sessionWatch }: PendingUpgrade,
  socket: WebSocket,
  session: SessionRequest,
): Promise<void> {
  const watch = sessionWatch!;
  try {
    // It has ended while the end of the response was saving it, and stands in the store once more.
    if (watch.isEnded) await watch.destroySession();
  } catch (error) {
    host.report(error, { phase: 'open', request, socket });
  }
  host.pollSession(watch);
  const expiry = new SessionExpiry(session, watch);
  return untilClosed(socket, expiry);
}

/** Apart, as an async function that waits keeps all that it was given. */
async function untilClosed(socket: WebSocket, expiry: SessionExpiry): Promise<void> {
  await socket.closed;
  expiry.release();
}
