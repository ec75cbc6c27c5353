import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long, in ms, what a refused client still sends is read and dropped: cut off sooner, it may lose our answer. */
const lingerTime = 1_000;

/**
 * Creates the response to a request whose connection Node.js has handed over with `upgrade`: a real ServerResponse,
 * so that all that middleware does to one works, and the last on its connection.
 *
 * Once it is finished, or to be given up, it has to be let go with {@link releaseResponse}.
 */
export function createUpgradeResponse(
  request: IncomingMessage,
  duplex: Duplex,
  Response: typeof ServerResponse = ServerResponse,
): ServerResponse {
  const response = new Response(request);
  response.shouldKeepAlive = false;
  // Node.js hands over a net.Socket, and calls it a Duplex.
  response.assignSocket(duplex as Socket);
  // http.Server has taken its own listener away, without which a stream piped into the response would stop.
  const onDrain = (): boolean => response.emit('drain');
  duplex.on('drain', onDrain);
  response.once('close', () => duplex.off('drain', onDrain));
  return response;
}

/** Takes the connection away from its response. What is written to the response afterwards goes nowhere. */
export function releaseResponse(response: ServerResponse, duplex: Duplex): void {
  response.detachSocket(duplex as Socket);
  // As http.Server ends a response. Its destroy() says `close` or not, depending on the version of Node.js.
  response.destroyed = true;
  // Not within `finish`, whose other listeners have not been called yet.
  process.nextTick(() => response.emit('close'));
}

/** Ends a connection whose last answer is written: waits a moment for the client to have read it. */
export function endLingering(duplex: Duplex): void {
  duplex.end();
  duplex.resume();
  const timer = setTimeout(() => duplex.destroy(), lingerTime);
  duplex.once('close', () => clearTimeout(timer));
}
