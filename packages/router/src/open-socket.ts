import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, WebSocket } from '@turnout/core';
import type { PendingUpgrade } from './pending-upgrade.ts';
import type { RouteOptions } from './route-options.ts';
import { SessionChanges } from './session-changes.ts';
import { sessionOf } from './session-convention.ts';
import type { SessionWatch } from './session-watch.ts';

/**
 * A route's own code: gets the accepted socket. Messages wait until somebody reads them, so it may await something
 * first. When it throws or rejects, its socket is closed with 1011 and the error reported in phase `open`.
 */
export type SocketHandler<Request extends IncomingMessage = IncomingMessage> = (
  socket: WebSocket,
  request: Request,
) => unknown;

/** What becomes of an accepted upgrade. */
export interface Opening {
  readonly duplex: Duplex;
  readonly head: Buffer;
  readonly protocol: string;
  readonly options: RouteOptions;
  readonly handler: SocketHandler;
}

/** Opens the socket of an accepted upgrade and runs the handler of its route. */
export function openSocket(pending: PendingUpgrade, { duplex, head, protocol, options, handler }: Opening): void {
  const { request, host, sessionWatch: watch } = pending;
  const socket = new WebSocket(duplex, {
    ...host.options,
    ...options,
    role: 'server',
    head,
    protocol,
    onError: (error, { phase }) => host.report(error, { phase, request, socket }),
  });
  const isUsable = host.onOpen(socket);
  if (watch === undefined) {
    if (isUsable) void runHandler(pending, socket, handler);
    return;
  }
  watch.whenEnded(() => socket.close(CloseCode.Unauthorized, 'Session ended'));
  const handled = isUsable && !watch.isEnded ? runHandler(pending, socket, handler) : undefined;
  void Promise.all([handled, socket.closed]).then(() => watch.release());
}

async function runHandler(pending: PendingUpgrade, socket: WebSocket, handler: SocketHandler): Promise<void> {
  const { request, host, sessionWatch } = pending;
  try {
    const changes = trackSession(request, sessionWatch);
    const result: unknown = handler(socket, request);
    await Promise.all([result, changes?.save()]);
    await changes?.save();
  } catch (error) {
    host.report(error, { phase: 'open', request, socket });
    socket.close(CloseCode.InternalError);
  }
}

function trackSession(request: IncomingMessage, watch: SessionWatch | undefined): SessionChanges | undefined {
  const session = watch === undefined ? undefined : sessionOf(request);
  return session === undefined ? undefined : new SessionChanges(session, watch!);
}
