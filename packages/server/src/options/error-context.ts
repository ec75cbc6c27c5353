import type { IncomingMessage } from 'node:http';
import type { ErrorPhase, WebSocket } from '@turnout/core';

/** Where an error of the application's code came from. */
export interface ErrorContext<Request extends IncomingMessage = IncomingMessage> {
  /** `handshake` before the 101, `open` in a route's handler, `message` and `close` in the socket's listeners. */
  readonly phase: ErrorPhase;
  /** The upgrade request. */
  readonly request: Request;
  /** Absent in phase `handshake`, before the socket exists. */
  readonly socket?: WebSocket | undefined;
}

/**
 * Called once for every error that a handler, a listener or an option's function throws or rejects with. Errors of the
 * hook itself are printed.
 */
export type ErrorHook<Request extends IncomingMessage = IncomingMessage> = {
  // A method's parameters are bivariant, so a hook for a framework's own request type fits.
  hook(error: unknown, context: ErrorContext<Request>): unknown;
}['hook'];
