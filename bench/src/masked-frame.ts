import { randomBytes } from 'node:crypto';

export interface FrameOptions {
  readonly opcode: 1 | 2 | 8;
  /** Whether it is the frame of a compressed message (RFC 7692 §6). Default: `false`. */
  readonly rsv1?: boolean;
}

/** A message as a client frames it: masked, one frame (RFC 6455 §5.2). */
export function maskedFrame(payload: Buffer, options: FrameOptions): Buffer {
  const key = randomBytes(4);
  const masked = Buffer.from(payload);
  for (let index = 0; index < masked.length; index++) masked[index]! ^= key[index % 4]!;
  return Buffer.concat([frameHeader(payload.length, options, 0x80), key, masked]);
}

/** The same message as a server frames it: unmasked. */
export function plainFrame(payload: Buffer, options: FrameOptions): Buffer {
  return Buffer.concat([frameHeader(payload.length, options, 0), payload]);
}

function frameHeader(byteLength: number, { opcode, rsv1 = false }: FrameOptions, maskBit: 0 | 0x80): Buffer {
  const first = 0x80 | (rsv1 ? 0x40 : 0) | opcode;
  if (byteLength < 126) return Buffer.of(first, maskBit | byteLength);
  if (byteLength < 65_536) return Buffer.of(first, maskBit | 126, byteLength >> 8, byteLength & 0xff);
  const header = Buffer.alloc(10);
  header.writeUInt16BE((first << 8) | maskBit | 127);
  header.writeBigUInt64BE(BigInt(byteLength), 2);
  return header;
}

/** The payload of the first frame in `bytes`, as a server sends it; `null` until it is complete. */
export function firstPayload(bytes: Buffer): { readonly frame: Buffer; readonly payload: Buffer } | null {
  if (bytes.length < 2) return null;
  const short = bytes[1]! & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return null;
  const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < start + length) return null;
  return { frame: bytes.subarray(0, start + length), payload: bytes.subarray(start, start + length) };
}
