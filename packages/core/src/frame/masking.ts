import { randomFillSync } from 'node:crypto';

const keysPerFill = 2048;
const pool = new Uint32Array(keysPerFill);
let used = keysPerFill;

/**
 * A masking key that the peer cannot predict (RFC 6455 §5.3, §10.3), as a big-endian 32-bit number.
 * Keys are drawn from the system's generator by the thousand, as one draw costs as much as a short frame.
 */
export function createMaskingKey(): number {
  if (used === keysPerFill) {
    randomFillSync(pool);
    used = 0;
  }
  return pool[used++]!;
}

/**
 * Masks or unmasks `bytes` in place (§5.3: the same operation).
 *
 * @param key the masking key as a big-endian 32-bit number
 * @param offset how many bytes of the payload came before these
 */
export function applyMask(bytes: Uint8Array, key: number, offset: number): void {
  const turn = (offset & 3) * 8;
  const rotated = (key << turn) | (key >>> (32 - turn));
  const key0 = rotated >>> 24;
  const key1 = (rotated >>> 16) & 0xff;
  const key2 = (rotated >>> 8) & 0xff;
  const key3 = rotated & 0xff;
  const { length } = bytes;
  const whole = length & ~3;
  let index = 0;
  while (index < whole) {
    bytes[index]! ^= key0;
    bytes[index + 1]! ^= key1;
    bytes[index + 2]! ^= key2;
    bytes[index + 3]! ^= key3;
    index += 4;
  }
  for (let rest = rotated; index < length; index++, rest <<= 8) bytes[index]! ^= rest >>> 24;
}
