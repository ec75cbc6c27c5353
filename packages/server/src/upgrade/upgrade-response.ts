import { ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * How long, in ms, data from a refused client is read and dropped: with an earlier reset it might lose our response.
 */
const lingerTime = 1_000;

/**
 * Creates the response to a request whose connection Node.js has handed over with `upgrade`: a real ServerResponse, so
 * that all middleware works, and the last one on its connection.
 *
 * Release it with {@link releaseResponse} once it is finished or abandoned.
 */
export function createUpgradeResponse(
  request: IncomingMessage,
  duplex: Duplex,
  Response: typeof ServerResponse = ServerResponse,
): ServerResponse {
  const response = new Response(request);
  response.shouldKeepAlive = false;
  // Node.js hands over a net.Socket, but types it as a Duplex.
  response.assignSocket(duplex as Socket);
  // http.Server has removed its own listener; without one, a stream piped into the response would stall.
  const onDrain = (): boolean => response.emit('drain');
  duplex.on('drain', onDrain);
  response.once('close', () => duplex.off('drain', onDrain));
  return response;
}

/** Detaches the connection from its response. Later writes to the response are discarded. */
export function releaseResponse(response: ServerResponse, duplex: Duplex): void {
  response.detachSocket(duplex as Socket);
  // As http.Server ends a response: whether destroy() emits `close` depends on the version of Node.js.
  response.destroyed = true;
  // After the remaining listeners of `finish`.
  process.nextTick(() => response.emit('close'));
}

/** Ends a connection after its last response, giving the client time to read it. */
export function endLingering(duplex: Duplex): void {
  duplex.end();
  duplex.resume();
  const timer = setTimeout(() => duplex.destroy(), lingerTime);
  duplex.once('close', () => clearTimeout(timer));
}
