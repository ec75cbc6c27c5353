import { Opcode } from '../opcode.ts';

/** A data frame that is a message by itself, as a server reads it. */
export interface ShortFrame {
  readonly opcode: typeof Opcode.Text | typeof Opcode.Binary;
  /** The unmasked payload, a view of the chunk it came in. */
  readonly payload: Buffer;
  readonly isCompressed: false;
  /** Whether all bytes are below 128: such text is UTF-8. */
  readonly isAscii: boolean;
}

/** FIN without a reserved bit, and the opcode. */
const wholeText = 0x81;
const wholeBinary = 0x82;

/** Two bytes, and the masking key. */
const headerLength = 6;
const maskBit = 0x80;

/** The longest payload whose length stands in the second byte. */
export const maxShortPayload = 125;

/**
 * Reads a whole masked data frame of up to 125 bytes that starts at `offset`, in one pass over its bytes: what most
 * messages are, at half the cost of the general way. `null` for everything else, which that way is for, faults included.
 *
 * The payload is unmasked in place (RFC 6455 §5.3).
 */
export function readShortFrame(bytes: Buffer, offset: number): ShortFrame | null {
  const available = bytes.length - offset;
  if (available < headerLength) return null;
  const first = bytes[offset];
  if (first !== wholeText && first !== wholeBinary) return null;
  const length = bytes[offset + 1]! - maskBit;
  if (length < 0 || length > maxShortPayload || available < headerLength + length) return null;

  const start = offset + headerLength;
  const end = start + length;
  const isAscii = unmask(bytes, start, end);
  return {
    opcode: first === wholeText ? Opcode.Text : Opcode.Binary,
    payload: bytes.subarray(start, end),
    isCompressed: false,
    isAscii,
  };
}

/** @returns whether all bytes are below 128 */
function unmask(bytes: Buffer, start: number, end: number): boolean {
  const key0 = bytes[start - 4]!;
  const key1 = bytes[start - 3]!;
  const key2 = bytes[start - 2]!;
  const key3 = bytes[start - 1]!;
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
