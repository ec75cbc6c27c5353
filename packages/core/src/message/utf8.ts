import { isUtf8 } from 'node:buffer';

/**
 * Checks the UTF-8 of `bytes` from `start` on; more may follow (RFC 6455 §8.1, RFC 3629 §4).
 *
 * @returns where the next check must start: the length of `bytes`, or the start of an unfinished sequence; -1 as soon
 * as no further byte can make the text valid
 */
export function checkUtf8(bytes: Uint8Array, start: number): number {
  const tail = startOfUnfinished(bytes, start);
  if (!isUtf8(bytes.subarray(start, tail))) return -1;
  return isPossiblePrefix(bytes, tail) ? tail : -1;
}

/** Where an unfinished sequence starts at the end of `bytes`, or the end itself. */
function startOfUnfinished(bytes: Uint8Array, start: number): number {
  const { length } = bytes;
  const earliest = Math.max(start, length - 3);
  for (let index = length - 1; index >= earliest; index--) {
    const byte = bytes[index]!;
    if (byte < 0x80) return length;
    if (byte >= 0xc0) return index + sequenceLength(byte) > length ? index : length;
  }
  return length;
}

function sequenceLength(lead: number): number {
  if (lead >= 0xf0) return 4;
  return lead >= 0xe0 ? 3 : 2;
}

/**
 * Whether the bytes from `start` on, less than one sequence, can still become one: the ranges of RFC 3629 §4. All bytes
 * after the lead byte are 80-BF.
 */
function isPossiblePrefix(bytes: Uint8Array, start: number): boolean {
  const lead = bytes[start];
  if (lead === undefined) return true;
  if (lead < 0xc2 || lead > 0xf4) return false;
  const second = bytes[start + 1];
  if (second === undefined) return true;
  switch (lead) {
    case 0xe0:
      return second >= 0xa0;
    case 0xed:
      return second <= 0x9f;
    case 0xf0:
      return second >= 0x90;
    case 0xf4:
      return second <= 0x8f;
    default:
      return true;
  }
}
