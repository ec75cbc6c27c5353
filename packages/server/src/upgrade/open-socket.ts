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
import type { SessionWatch } from '../session/session-watch.ts';

/**
 * A route's handler: gets the accepted socket, and the request or context of the framework. Messages wait until they
 * are read, so it may await something first. If it throws or rejects, its socket is closed with 1011 and the error is
 * reported in phase `open`.
 */
export type SocketHandler<Context = IncomingMessage> = (socket: WebSocket, context: Context) => unknown;

/** What is needed to open the socket of an accepted upgrade. */
export interface Opening {
  readonly protocol: string;
  readonly deflate: AgreedDeflate | null;
  readonly limits: ConnectionLimits;
  readonly rate: MessageRate | undefined;
  readonly messagesAfterClose: MessagesAfterClose | undefined;
  /** The session under which it was accepted. */
  readonly session: SessionRequest | undefined;
  /** The user, as the option `user` names it. */
  readonly user: string | undefined;
  /** The route's handler, bound to its request; `fail` reports its error and closes the socket. */
  readonly handler: (socket: WebSocket, fail: (error: unknown) => void) => unknown;
}

/** Opens the socket of an accepted upgrade and runs the handler of its route. */
export function openSocket(pending: PendingUpgrade, accepted: AcceptedUpgrade, opening: Opening): void {
  const { duplex, head, order } = accepted;
  const { protocol, deflate, limits, rate, messagesAfterClose, session, user } = opening;
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
    // Messages that were not read before the session ended must not be handled after it.
    socket.ignoreMessages();
    socket.close(CloseCode.Unauthorized, 'Session ended');
  });
  const handled = isUsable && !watch?.isEnded ? runHandler(pending, socket, opening) : undefined;
  if (watch === undefined || session === undefined) return;
  const kept = keepWatch(pending, watch, { socket, session });
  void Promise.all([handled, kept]).then(() => watch.release());
}

/**
 * Passes a socket's errors to the app's error hook, with the request. Without a hook the request is not kept while the
 * socket is open: it takes twice the memory of the socket.
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
  { request, host }: PendingUpgrade,
  watch: SessionWatch,
  { socket, session }: { readonly socket: WebSocket; readonly session: SessionRequest },
): Promise<void> {
  try {
    // It ended while the end of the response was saving it, and is in the store again.
    if (watch.isEnded) await watch.destroySession();
  } catch (error) {
    host.report(error, { phase: 'open', request, socket });
  }
  host.pollSession(watch);
  const expiry = new SessionExpiry(session, watch);
  return untilClosed(socket, expiry);
}

/** A separate function, because a waiting async function retains all its parameters. */
async function untilClosed(socket: WebSocket, expiry: SessionExpiry): Promise<void> {
  await socket.closed;
  expiry.release();
}
