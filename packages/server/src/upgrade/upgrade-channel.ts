import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { reject, type HandshakeError } from '@turnout/core';
import { createUpgradeResponse, endLingering, releaseResponse } from './upgrade-response.ts';

/** What the response needs to know about the pending upgrade. */
export interface ResponseHost {
  /** The app's own response class. */
  readonly Response: typeof ServerResponse | undefined;
  /** Whether a response with `acceptStatus` leaves the connection to a WebSocket. */
  readonly isAccepting: () => boolean;
  /** Called once the response is written. */
  readonly onAnswered: () => void;
}

/** The connection of an upgrade and the response to its request, independent of the HTTP version. */
export interface UpgradeChannel {
  readonly duplex: Duplex;
  /** The HTTP/2 connection that carries its stream; absent over HTTP/1.1. */
  readonly carrier?: object | undefined;
  /** The status that accepts: 101, or 200 over HTTP/2 (RFC 8441 §5). */
  readonly acceptStatus: 101 | 200;
  /** Creates the response for middleware. */
  createResponse(request: IncomingMessage, asker: ResponseHost): ServerResponse;
  /** Detaches the connection from the response. Later writes to the response are discarded. */
  release(response: ServerResponse): void;
  /** Refuses without the response object, and ends the connection. */
  reject(error: HandshakeError): void;
  /** Ends the connection after its last response. */
  end(): void;
}

/** The TCP or TLS connection that Node.js hands over with `upgrade`. */
export function http1Channel(duplex: Duplex): UpgradeChannel {
  return {
    duplex,
    acceptStatus: 101,
    createResponse: (request, { Response, onAnswered }) =>
      createUpgradeResponse(request, duplex, Response).once('finish', onAnswered),
    release: (response) => releaseResponse(response, duplex),
    reject: (error) => reject(duplex, error),
    end: () => endLingering(duplex),
  };
}
