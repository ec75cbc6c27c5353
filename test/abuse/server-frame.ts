export interface ServerFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Takes the whole frames off the front of what a server has sent. */
export function takeFrames(bytes: Buffer): { readonly frames: ServerFrame[]; readonly rest: Buffer } {
  const frames: ServerFrame[] = [];
  let offset = 0;
  for (;;) {
    const header = headerAt(bytes, offset);
    if (header === null || header.end > bytes.length) return { frames, rest: bytes.subarray(offset) };
    frames.push({ opcode: bytes[offset]! & 0x0f, payload: bytes.subarray(header.start, header.end) });
    offset = header.end;
  }
}

function headerAt(bytes: Buffer, offset: number): { readonly start: number; readonly end: number } | null {
  const left = bytes.length - offset;
  if (left < 2) return null;
  const length = bytes[offset + 1]! & 0x7f;
  if (length < 126) return { start: offset + 2, end: offset + 2 + length };
  if (left < (length === 126 ? 4 : 10)) return null;
  if (length === 126) return { start: offset + 4, end: offset + 4 + bytes.readUInt16BE(offset + 2) };
  return { start: offset + 10, end: offset + 10 + Number(bytes.readBigUInt64BE(offset + 2)) };
}
