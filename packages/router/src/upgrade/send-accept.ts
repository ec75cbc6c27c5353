import type { ServerResponse } from 'node:http';

/** Sends what accepts an upgrade, with these headers. */
export type SendAccept = (headers: readonly (readonly [name: string, value: string])[]) => void;

/**
 * Through the response, as properties: middleware has replaced these methods by its own to add its headers and to save.
 */
export function sendThrough(response: ServerResponse, status: number): SendAccept {
  return (headers) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    response.writeHead(status);
    response.end();
  };
}

/** Node.js knows that a 101 has no body. Deno gives it one, of no bytes, unless it may announce none. */
export function announceNoBody(response: ServerResponse): void {
  response.removeHeader('Transfer-Encoding');
  response.removeHeader('Content-Length');
}
