import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Node.js publishes each socket that is about to connect here. */
const channel = 'net.client.socket';

const dialling = new AsyncLocalStorage<Set<Socket>>();
/** How many attempts are running: between them the storage is off, as it slows down every promise of the process. */
let attempts = 0;

/**
 * Connects the client. If that fails, destroys its sockets: the client forgets a socket whose server stays silent,
 * which would keep the process alive.
 */
export async function dial<Connection>(connect: () => Promise<Connection>): Promise<Connection> {
  const sockets = new Set<Socket>();
  const onSocket = (message: unknown): void => {
    if (dialling.getStore() === sockets) sockets.add((message as { readonly socket: Socket }).socket);
  };
  subscribe(channel, onSocket);
  attempts++;
  try {
    return await dialling.run(sockets, connect);
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    throw error;
  } finally {
    unsubscribe(channel, onSocket);
    if (--attempts === 0) dialling.disable();
  }
}
