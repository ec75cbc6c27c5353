import type { ServerResponse } from 'node:http';

/** Sends the response that accepts an upgrade, with these headers. */
export type SendAccept = (headers: readonly (readonly [name: string, value: string])[]) => void;

/** Looks the methods up on the response: middleware may have wrapped them to add headers and to save its session. */
export function sendThrough(response: ServerResponse, status: number): SendAccept {
  return (headers) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    response.writeHead(status);
    response.end();
  };
}

/** Node.js knows that a 101 has no body; Deno would send an empty one with these headers. */
export function announceNoBody(response: ServerResponse): void {
  response.removeHeader('Transfer-Encoding');
  response.removeHeader('Content-Length');
}
