import type { IncomingMessage, ServerResponse } from 'node:http';

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
 * Answers a plain request for a path that only a WebSocket route has: 426 (RFC 9110 §15.5.22), and over HTTP/2, which has
 * no Upgrade, 405 (§15.5.6).
 */
export function sendUpgradeRequired(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.httpVersionMajor === 2) {
    response.statusCode = 405;
    response.setHeader('Allow', 'CONNECT');
    response.end('Method not allowed: this path is a WebSocket, which HTTP/2 opens by extended CONNECT (RFC 8441)\n');
    return;
  }
  response.statusCode = 426;
  response.setHeader('Upgrade', 'websocket');
  // "A sender of Upgrade MUST also send an "Upgrade" connection option" (RFC 9110 §7.8)
  response.setHeader('Connection', response.shouldKeepAlive ? 'Upgrade' : 'Upgrade, close');
  const reason =
    request.headers['sec-websocket-key'] === undefined
      ? 'this path is a WebSocket, and the request does not ask for one'
      : 'the request for a WebSocket came without its Upgrade header, which a proxy in between seems to remove';
  response.end(`Upgrade required: ${reason}\n`);
}
