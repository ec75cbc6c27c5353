import { hash } from 'node:crypto';

/** The GUID of RFC 6455 §1.3, which only an endpoint that knows WebSocket appends. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Computes the value of Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2, step 5). */
export function acceptKey(key: string): string {
  return hash('sha1', key + guid, 'base64');
}

/**
 * Whether a Sec-WebSocket-Key is the base64 of exactly 16 bytes (§4.1, §4.2.1): 24 characters, padded.
 *
 * Buffer skips what is not base64 and forgives unused bits, so the key must also be what its bytes encode to.
 */
export function isValidKey(key: string): boolean {
  if (key.length !== 24) return false;
  const nonce = Buffer.from(key, 'base64');
  return nonce.byteLength === 16 && nonce.toString('base64') === key;
}
