import type { ServerResponse } from 'node:http';
import { isReservedHeader } from '@turnout/core';

/** Headers that describe a body: a 101 has none (RFC 9110 §15.2), and a refusal of ours does not send the app's. */
const bodyHeaders = new Set([
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-range',
  'content-type',
]);

/** Whether a header set by middleware must not be on a 101: it belongs to the handshake, or describes a body. */
export function isForeignHeader(name: string): boolean {
  return isReservedHeader(name) || bodyHeaders.has(name.toLowerCase());
}

export function removeForeignHeaders(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) {
    if (isForeignHeader(name)) response.removeHeader(name);
  }
}
