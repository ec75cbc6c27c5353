import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { HandshakeError } from '@turnout/core';
import { tellRefused } from './diagnostics.ts';
import { http2Channel } from './http2-channel.ts';
import type { LeftUpgrade } from './orphans.ts';
import { http1Channel } from './upgrade-channel.ts';

/**
 * An upgrade of HTTP/1.1 that is left to others. Who takes one writes an answer, or reads what the client sends: Node.js
 * hands the connection over with nobody reading.
 *
 * @param bytesBefore what had been written to the connection before: the answers to earlier requests
 */
export function leaveUpgrade(request: IncomingMessage, duplex: Duplex, bytesBefore: number): LeftUpgrade {
  const { socket } = request;
  return {
    isTaken: () =>
      socket.bytesWritten > bytesBefore || duplex.readableFlowing !== null || duplex.destroyed || duplex.writableEnded,
    refuse: (error) => refuse(request, http1Channel(duplex), error),
    whenGone: (callback) => void duplex.once('close', callback),
  };
}

/** A stream of HTTP/2 that is left to others: who takes it answers it, or reads it. */
export function leaveStream(request: Http2ServerRequest, response: Http2ServerResponse): LeftUpgrade {
  const { stream } = response;
  return {
    isTaken: () => stream.headersSent || request.readableFlowing !== null || stream.destroyed,
    refuse: (error) => refuse(request as unknown as IncomingMessage, http2Channel(response), error),
    whenGone: (callback) => void stream.once('close', callback),
  };
}

function refuse(
  request: IncomingMessage,
  channel: { reject(error: HandshakeError): void },
  error: HandshakeError,
): void {
  channel.reject(error);
  tellRefused(request, error.status, error.message);
}
