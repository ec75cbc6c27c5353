import { Opcode } from '../opcode.ts';
import { maskBytes, minSimd, simdMask } from './masking.ts';

/** A data frame that is a complete message, as a server reads it. */
export interface WholeFrame {
  readonly opcode: typeof Opcode.Text | typeof Opcode.Binary;
  /** The unmasked payload, a view of its chunk. */
  readonly payload: Buffer;
  readonly isCompressed: false;
  /** Whether all bytes are known to be below 128, so that text is valid UTF-8. */
  readonly isAscii: boolean;
}

/** FIN, no reserved bits, and the opcode. */
const wholeText = 0x81;
const wholeBinary = 0x82;

const maskBit = 0x80;
const length16 = 126;
const maxLength7 = 125;
const keyLength = 4;

/**
 * Reads a masked data frame at `offset` that is a complete message of up to 65,535 bytes. Most messages are, and this
 * costs half as much as the general parser. Returns `null` for everything else, which the general parser handles:
 * frames that are incomplete, longer than `maxPayload`, or break a rule.
 *
 * The payload is unmasked in place (RFC 6455 §5.3).
 */
export function readWholeFrame(bytes: Buffer, offset: number, maxPayload: number): WholeFrame | null {
  const available = bytes.length - offset;
  if (available < 2 + keyLength) return null;
  const first = bytes[offset]!;
  if (first !== wholeText && first !== wholeBinary) return null;
  let length = bytes[offset + 1]! - maskBit;
  let start = offset + 2 + keyLength;
  if (length === length16) {
    length = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    start += 2;
    if (length <= maxLength7) return null;
  } else if (length < 0 || length > maxLength7) return null;
  const end = start + length;
  if (end > bytes.length || length > maxPayload) return null;

  const key = readKey(bytes, start - keyLength);
  const payload = bytes.subarray(start, end);
  const isAscii = length >= minSimd && simdMask !== null ? simdMask(payload, key) : maskBytes(bytes, key, start, end);
  return { opcode: first === wholeText ? Opcode.Text : Opcode.Binary, payload, isCompressed: false, isAscii };
}

function readKey(bytes: Buffer, offset: number): number {
  return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
}
