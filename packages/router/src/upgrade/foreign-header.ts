import type { ServerResponse } from 'node:http';
import { isReservedHeader } from '@turnout/core';

/** Headers that describe a body, which neither a 101 has (RFC 9110 §15.2) nor a refusal of ours from the app. */
const bodyHeaders = new Set([
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-range',
  'content-type',
]);

/** Whether a header that middleware has set has no place on a 101: it is the handshake's own, or describes a body. */
export function isForeignHeader(name: string): boolean {
  return isReservedHeader(name) || bodyHeaders.has(name.toLowerCase());
}

export function removeForeignHeaders(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) {
    if (isForeignHeader(name)) response.removeHeader(name);
  }
}
