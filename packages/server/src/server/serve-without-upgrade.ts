import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { HandshakeError, reject } from '@turnout/core';
import type { Notices } from '../options/notices.ts';
import { refusalOf, tellRefused } from '../upgrade/refusal.ts';
import { createUpgradeResponse, endLingering, releaseResponse } from '../upgrade/upgrade-response.ts';

/** An upgrade to another protocol, which Node.js hands over as well. */
export interface OtherUpgrade {
  readonly request: IncomingMessage;
  readonly duplex: Duplex;
  readonly notices: Notices;
}

/**
 * Serves an upgrade to an unsupported protocol, such as the `h2c` of Java's HTTP client, as a plain request: "a server
 * MAY ignore a received Upgrade header field" (RFC 9110 §7.8). With a listener for `upgrade`, Node.js leaves that to
 * us.
 */
export function serveWithoutUpgrade(server: Server | SecureServer, { request, duplex, notices }: OtherUpgrade): void {
  const { headers } = request;
  const refuse = (error: HandshakeError): void => {
    reject(duplex, error);
    tellRefused(notices, refusalOf(request, error));
  };
  if (headers.upgrade === undefined) {
    return refuse(new HandshakeError('WS_ERR_HANDSHAKE_HEADERS', 431, 'Request has too many headers'));
  }
  // Node.js does not parse a body after an Upgrade header.
  if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
    const message = 'A request to upgrade to a protocol other than websocket must not have a body';
    return refuse(new HandshakeError('WS_ERR_HANDSHAKE_BODY', 400, message));
  }
  const response = createUpgradeResponse(request, duplex);
  response.once('finish', () => {
    releaseResponse(response, duplex);
    endLingering(duplex);
  });
  server.emit('request', request, response);
}
