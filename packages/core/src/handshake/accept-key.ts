import { hash } from 'node:crypto';

/** The GUID of RFC 6455 §1.3, which only an endpoint that knows WebSocket appends. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Computes the value of Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2, step 5). */
export function acceptKey(key: string): string {
  return hash('sha1', key + guid, 'base64');
}

const alphabet = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');

/** 16 bytes are 128 bits, of 6 bits each character. */
const keyCharacters = 22;

/**
 * Whether a Sec-WebSocket-Key is the base64 of exactly 16 bytes (§4.1, §4.2.1): 22 characters of the alphabet and `==`.
 *
 * The last character has four unused bits, which may be set: the example of §4.1, `AQIDBAUGBwgJCgsMDQ4PEC==`, sets one,
 * and clients that generate 22 random characters often do. RFC 4648 §3.5 lets a decoder accept them; the key is a
 * nonce, and nothing is decoded here.
 */
export function isValidKey(key: string): boolean {
  if (key.length !== keyCharacters + 2 || !key.endsWith('==')) return false;
  for (let index = 0; index < keyCharacters; index++) {
    if (!alphabet.has(key.charAt(index))) return false;
  }
  return true;
}
