import { maskNaively } from './raw-frame.ts';

/** A frame as read from the wire, unmasked. */
export interface TakenFrame {
  /** FIN, the reserved bits and the opcode. */
  readonly first: number;
  readonly opcode: number;
  readonly isMasked: boolean;
  readonly payload: Buffer;
}

/** Takes the complete frames from the start of what a peer has sent. */
export function takeFrames(bytes: Buffer): { readonly frames: TakenFrame[]; readonly rest: Buffer } {
  const frames: TakenFrame[] = [];
  let offset = 0;
  for (;;) {
    const header = headerAt(bytes, offset);
    if (header === null || header.end > bytes.length) return { frames, rest: bytes.subarray(offset) };
    const first = bytes.readUInt8(offset);
    const { start, end, key } = header;
    const payload = bytes.subarray(start, end);
    const isMasked = key !== undefined;
    frames.push({ first, opcode: first & 0x0f, isMasked, payload: isMasked ? maskNaively(payload, key) : payload });
    offset = end;
  }
}

interface Header {
  readonly start: number;
  readonly end: number;
  readonly key: number | undefined;
}

function headerAt(bytes: Buffer, offset: number): Header | null {
  const left = bytes.length - offset;
  if (left < 2) return null;
  const second = bytes.readUInt8(offset + 1);
  const code = second & 0x7f;
  const lengthBytes = code < 126 ? 0 : code === 126 ? 2 : 8;
  const keyBytes = second < 0x80 ? 0 : 4;
  const start = offset + 2 + lengthBytes + keyBytes;
  if (start > bytes.length) return null;
  const length =
    code < 126 ? code : code === 126 ? bytes.readUInt16BE(offset + 2) : Number(bytes.readBigUInt64BE(offset + 2));
  return { start, end: start + length, key: keyBytes === 0 ? undefined : bytes.readUInt32BE(start - 4) };
}
