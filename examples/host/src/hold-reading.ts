import type { WebSocket } from '@turnout/core';

/** Reads nothing of a socket for so many ms: who sends too much waits, and costs the others nothing. */
export function holdReading(socket: WebSocket, duration: number): void {
  socket.pause();
  setTimeout(() => socket.resume(), duration).unref();
}
