import { randomFillSync } from 'node:crypto';
import { loadSimdMask } from './simd-mask.ts';

const keysPerFill = 2048;
const pool = new Uint32Array(keysPerFill);
let used = keysPerFill;

/**
 * A masking key that the peer cannot predict (RFC 6455 §5.3, §10.3), as a big-endian 32-bit number.
 * Keys are drawn from the system's generator by the thousand, because one draw costs as much as a short frame.
 */
export function createMaskingKey(): number {
  if (used === keysPerFill) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++]!;
}

/** From this many bytes on, WebAssembly is faster than a loop; `null` without WebAssembly SIMD. */
export const minSimd = 64;
export const simdMask = loadSimdMask();

/** From this many bytes on, masking words is faster than masking bytes. */
const minWords = 256;

/**
 * Masks or unmasks `bytes` in place (§5.3: the same operation).
 *
 * The method depends on the length. Measured in ns for 16 B, 128 B, 1 KiB, 64 KiB: byte by byte 12, 68, 467, 27,600;
 * WebAssembly 30, 29, 50, 2,800; without it, words 43, 70, 260, 13,700.
 *
 * @param key the masking key as a big-endian 32-bit number
 * @param offset how many bytes of the payload precede these
 */
export function applyMask(bytes: Uint8Array, key: number, offset: number): void {
  const turn = (offset & 3) * 8;
  const rotated = (key << turn) | (key >>> (32 - turn));
  if (bytes.length >= minSimd && simdMask !== null) simdMask(bytes, rotated);
  else if (bytes.length >= minWords) maskWords(bytes, rotated);
  else maskBytes(bytes, rotated, 0, bytes.length);
}

/**
 * XORs the bytes from `start` to `end`; the highest byte of `key` applies to the byte at `start`.
 *
 * @returns whether all masked bytes are below 128
 */
export function maskBytes(bytes: Uint8Array, key: number, start: number, end: number): boolean {
  const key0 = key >>> 24;
  const key1 = (key >>> 16) & 0xff;
  const key2 = (key >>> 8) & 0xff;
  const key3 = key & 0xff;
  const whole = end - ((end - start) & 3);
  let all = 0;
  let index = start;
  for (; index < whole; index += 4) {
    all |= bytes[index]! ^= key0;
    all |= bytes[index + 1]! ^= key1;
    all |= bytes[index + 2]! ^= key2;
    all |= bytes[index + 3]! ^= key3;
  }
  if (index < end) all |= bytes[index]! ^= key0;
  if (index + 1 < end) all |= bytes[index + 1]! ^= key1;
  if (index + 2 < end) all |= bytes[index + 2]! ^= key2;
  return all < 0x80;
}

/** Longest read in bytes; {@link wordsOf} keeps no longer buffer in memory. */
const maxRead = 64 * 1024;
let lastWords = new Int32Array(0);

/**
 * The underlying buffer as words. The last view is kept: a read often brings several messages, and a view costs 100 ns.
 */
function wordsOf(buffer: ArrayBufferLike): Int32Array {
  if (lastWords.buffer === buffer) return lastWords;
  const words = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  if (buffer.byteLength <= maxRead) lastWords = words as Int32Array<ArrayBuffer>;
  return words;
}

/** Masks byte by byte up to the first whole word of the underlying buffer, and after the last one. */
function maskWords(bytes: Uint8Array, key: number): void {
  const { buffer, byteOffset, length } = bytes;
  const words = wordsOf(buffer);
  const head = -byteOffset & 3;
  const turn = head * 8;
  const rotated = (key << turn) | (key >>> (32 - turn));
  maskBytes(bytes, key, 0, head);
  const first = (byteOffset + head) >> 2;
  const last = (byteOffset + length) >> 2;
  const word = inMemoryOrder(rotated);
  for (let index = first; index < last; index++) words[index]! ^= word;
  maskBytes(bytes, rotated, head + (last - first) * 4, length);
}

const keyBytes = new Uint8Array(4);
const keyWord = new Int32Array(keyBytes.buffer);

/** The key as one word in this processor's byte order. */
function inMemoryOrder(key: number): number {
  keyBytes[0] = key >>> 24;
  keyBytes[1] = key >>> 16;
  keyBytes[2] = key >>> 8;
  keyBytes[3] = key;
  return keyWord[0]!;
}
