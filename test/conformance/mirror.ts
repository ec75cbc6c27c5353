/** How many bytes the length of a frame takes, by the seven bits of the second byte. */
function lengthSize(short: number): 0 | 2 | 8 {
  return short < 126 ? 0 : short === 126 ? 2 : 8;
}

/**
 * Frames of a client as a server sends them: unmasked. Their faults are kept, and so are truncated frames. `null` if a
 * frame is not masked, because it would then be valid.
 */
export function asServerSends(bytes: Buffer): Buffer | null {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 2) {
      pieces.push(bytes.subarray(at));
      break;
    }
    const second = bytes[at + 1]!;
    if (second < 0x80) return null;
    const size = lengthSize(second & 0x7f);
    const start = at + 2 + size;
    const long =
      size === 2 ? bytes.readUInt16BE(at + 2) : size === 8 ? Number(bytes.readBigUInt64BE(at + 2)) : second & 0x7f;
    const key = bytes.subarray(start, start + 4);
    const payload = Buffer.from(bytes.subarray(start + 4, start + 4 + long)).map(
      (byte, index) => byte ^ key[index % 4]!,
    );
    pieces.push(Buffer.of(bytes[at]!, second & 0x7f), bytes.subarray(at + 2, start), Buffer.from(payload));
    at = start + 4 + long;
  }
  return Buffer.concat(pieces);
}
