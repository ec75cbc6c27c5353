import type { IncomingMessage, ServerResponse } from 'node:http';
import { isWebSocketUpgrade } from '@turnout/core';

/** Plain requests that came to a WebSocket route, and that no HTTP route has answered so far. */
const plainRequests = new WeakSet<IncomingMessage>();

/** Notes that a GET or HEAD would have been answered, had it been an upgrade request. */
export function noteUpgradeRequired(request: IncomingMessage): void {
  if (request.method === 'GET' || request.method === 'HEAD') plainRequests.add(request);
}

export function isUpgradeRequired(request: IncomingMessage): boolean {
  return plainRequests.has(request);
}

/**
 * What is wrong with a plain request for a path that only a WebSocket route has.
 *
 * @param howToAttach what to write when the server does not pass its upgrades to the app
 */
export function describePlainRequest(request: IncomingMessage, howToAttach = 'call attach(server, app)'): string {
  if (request.httpVersionMajor === 2) {
    return 'this path is a WebSocket, which HTTP/2 opens by extended CONNECT (RFC 8441)';
  }
  const { upgrade, 'sec-websocket-key': key } = request.headers;
  if (isWebSocketUpgrade(request)) {
    return `the server does not pass upgrades to the app: ${howToAttach}`;
  }
  if (key === undefined) return 'this path is a WebSocket, and the request does not ask for one';
  const lost = upgrade === undefined ? 'its Upgrade header' : '"Connection: Upgrade"';
  return `the request for a WebSocket came without ${lost}, which a proxy in between seems to remove`;
}

/**
 * Answers a plain request for a path that only a WebSocket route has: 426 (RFC 9110 §15.5.22), and over HTTP/2, which
 * has no Upgrade, 405 (§15.5.6).
 *
 * @param reason what the client reads. Default: by the request
 */
export function sendUpgradeRequired(
  request: IncomingMessage,
  response: ServerResponse,
  reason = describePlainRequest(request),
): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.httpVersionMajor === 2) {
    response.statusCode = 405;
    response.setHeader('Allow', 'CONNECT');
    response.end(`Method not allowed: ${reason}\n`);
    return;
  }
  response.statusCode = 426;
  response.setHeader('Upgrade', 'websocket');
  // "A sender of Upgrade MUST also send an "Upgrade" connection option" (RFC 9110 §7.8)
  response.setHeader('Connection', response.shouldKeepAlive ? 'Upgrade' : 'Upgrade, close');
  response.end(`Upgrade required: ${reason}\n`);
}
