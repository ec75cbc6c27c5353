import type { Server } from 'node:http';
import type { WebSocketApp } from '@turnout/express';

/** How long, in ms, clients may take for the closing handshake, and then requests to end. */
const socketTimeout = 5_000;
const requestTimeout = 1_000;

/** Accepts nothing new, closes every client with 1001, and resolves when the last request has been answered. */
export async function stop(server: Server, app: WebSocketApp): Promise<void> {
  const isClosed = new Promise((resolve) => server.close(resolve));
  await app.close({ code: 1001, timeout: socketTimeout });
  // Browsers keep spare connections open that may never carry a request.
  const cut = setTimeout(() => server.closeAllConnections(), requestTimeout);
  await isClosed;
  clearTimeout(cut);
}
