import type { ServerResponse } from 'node:http';

/** Sends what accepts an upgrade, with these headers. */
export type SendAccept = (headers: readonly (readonly [name: string, value: string])[]) => void;

/** Through the response, as properties: middleware has replaced these methods by its own to add its headers and to save. */
export function sendThrough(response: ServerResponse, status: number): SendAccept {
  return (headers) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    response.writeHead(status);
    response.end();
  };
}
