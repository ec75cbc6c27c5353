import type { Role } from '@turnout/core';

/** The boundary lengths of RFC 6455 §5.2. */
export const boundaryLengths = [0, 1, 125, 126, 127, 65_535, 65_536];

/** The masking key of the examples in RFC 6455 §5.7. */
export const sampleKey = 0x37fa213d;

/** §5.3 word for word: octet i of the output is octet i of the input XOR octet (i modulo 4) of the key. */
export function maskNaively(bytes: Uint8Array, key: number, offset = 0): Buffer {
  const octets = [key >>> 24, (key >>> 16) & 0xff, (key >>> 8) & 0xff, key & 0xff];
  return Buffer.from(bytes.map((byte, index) => byte ^ (octets[(index + offset) % 4] ?? 0)));
}

/** The header of a frame with the given first byte and length; with a `key`, that of a masked frame. */
export function rawHeader(first: number, length: number, key?: number): Buffer {
  const mask = key === undefined ? 0 : 0x80;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = mask | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  if (key === undefined) return head;
  const keyBytes = Buffer.alloc(4);
  keyBytes.writeUInt32BE(key);
  return Buffer.concat([head, keyBytes]);
}

/** A frame written without the code under test; `first` is its first byte, and with a `key` it is masked. */
export function rawFrame(first: number, payload: Uint8Array | string = '', key?: number): Buffer {
  const bytes = Buffer.from(payload as string);
  const body = key === undefined ? bytes : maskNaively(bytes, key);
  return Buffer.concat([rawHeader(first, bytes.length, key), body]);
}

/** A frame as the peer of a `reader` sends it: masked to a server, unmasked to a client. */
export function peerFrame(reader: Role, first: number, payload: Uint8Array | string = ''): Buffer {
  return rawFrame(first, payload, reader === 'server' ? sampleKey : undefined);
}

export function otherRole(role: Role): Role {
  return role === 'server' ? 'client' : 'server';
}

/** Copies of the bytes between the cuts, which are counted modulo the length; code under test unmasks in place. */
export function splitAt(bytes: Uint8Array, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other);
  return [0, ...places].map((start, index) => Buffer.from(bytes.slice(start, places[index] ?? bytes.length)));
}

export type Chunking = 'whole' | 'halves' | 'bytes';
export const chunkings: Chunking[] = ['whole', 'halves', 'bytes'];

export function chunksOf(bytes: Uint8Array, chunking: Chunking): Buffer[] {
  if (chunking === 'whole') return splitAt(bytes, []);
  if (chunking === 'halves') return splitAt(bytes, [bytes.length >> 1]);
  return Array.from(bytes, (byte) => Buffer.from([byte]));
}
