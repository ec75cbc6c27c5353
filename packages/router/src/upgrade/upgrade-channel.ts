import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { reject, type HandshakeError } from '@turnout/core';
import { createUpgradeResponse, endLingering, releaseResponse } from './upgrade-response.ts';

/** Who the response is for: the upgrade. */
export interface ResponseHost {
  /** The app's own class of responses. */
  readonly Response: typeof ServerResponse | undefined;
  /** Whether a response with `acceptStatus` leaves the connection to a WebSocket. */
  readonly isAccepting: () => boolean;
  /** Called once the response is written. */
  readonly onAnswered: () => void;
}

/** The connection that an upgrade asks for, and the response to the request, whatever version of HTTP carries them. */
export interface UpgradeChannel {
  readonly duplex: Duplex;
  /** The connection that carries it beside others; absent where it has one to itself. */
  readonly carrier?: object | undefined;
  /** The status that accepts: 101, over HTTP/2 200 (RFC 8441 §5). */
  readonly acceptStatus: 101 | 200;
  /** Creates the response for middleware. */
  createResponse(request: IncomingMessage, asker: ResponseHost): ServerResponse;
  /** Takes the connection away from the response. What is written to the response afterwards goes nowhere. */
  release(response: ServerResponse): void;
  /** Refuses without a response, and ends the connection. */
  reject(error: HandshakeError): void;
  /** Ends the connection, whose last answer is written. */
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
