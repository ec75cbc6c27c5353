import type { WebSocket } from '@turnout/express';

/** In ms. */
const duration = 100;

/**
 * Reads nothing of a socket for a moment, for each message too many: who floods waits, and costs the others ten
 * refusals a second.
 */
export function holdReading(socket: WebSocket): void {
  socket.pause();
  setTimeout(() => socket.resume(), duration).unref();
}
