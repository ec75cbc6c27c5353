import { randomBytes } from 'node:crypto';

/** A text message as a client frames it: masked, one frame (RFC 6455 §5.2). Payloads of up to 65,535 bytes. */
export function maskedTextFrame(payload: Buffer): Buffer {
  const key = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (key[index % 4] ?? 0)));
  return Buffer.concat([frameHeader(payload.length, 0x80), key, masked]);
}

/** The same message as a server frames it: not masked. */
export function plainTextFrame(payload: Buffer): Buffer {
  return Buffer.concat([frameHeader(payload.length, 0), payload]);
}

function frameHeader(byteLength: number, maskBit: 0 | 0x80): Buffer {
  if (byteLength > 0xffff) throw new RangeError(`Payload too long: got ${byteLength} bytes, at most 65535 are built`);
  if (byteLength < 126) return Buffer.from([0x81, maskBit | byteLength]);
  return Buffer.from([0x81, maskBit | 126, byteLength >> 8, byteLength & 0xff]);
}
