import type { WebSocket } from '@turnout/express';

/** In ms. */
const duration = 100;

/**
 * Pauses reading of a socket for each message over the limit, so that a client that floods causes at most ten refusals
 * a second.
 */
export function holdReading(socket: WebSocket): void {
  socket.pause();
  setTimeout(() => socket.resume(), duration).unref();
}
