import type { IncomingMessage, ServerResponse } from 'node:http';
import { isWebSocketUpgrade } from '@turnout/core';

/** Plain requests that reached a WebSocket route; an HTTP route may still answer them. */
const plainRequests = new WeakSet<IncomingMessage>();

/** Notes that a plain GET or HEAD has reached a WebSocket route. */
export function noteUpgradeRequired(request: IncomingMessage): void {
  if (request.method === 'GET' || request.method === 'HEAD') plainRequests.add(request);
}

export function isUpgradeRequired(request: IncomingMessage): boolean {
  return plainRequests.has(request);
}

/**
 * Says what is wrong with a plain request for a path that has only a WebSocket route.
 *
 * @param howToAttach the advice if the server does not pass its upgrades to the app
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
 * Answers a plain request for a path that has only a WebSocket route: 426 (RFC 9110 §15.5.22), or over HTTP/2, which
 * has no Upgrade, 405 (§15.5.6).
 *
 * @param reason sent to the client. Default: derived from the request
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
