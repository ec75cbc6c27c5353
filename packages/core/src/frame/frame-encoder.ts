import type { Opcode } from '../opcode.ts';
import { encodeFrameHeader, frameHeaderLength, type Role } from './frame-header.ts';
import { applyMask, createMaskingKey } from './masking.ts';

/** A frame to be sent. */
export interface OutgoingFrame {
  readonly fin: boolean;
  readonly opcode: Opcode;
  /** Text is encoded as UTF-8. Bytes are copied: the caller's are neither masked nor kept. */
  readonly payload: string | Uint8Array;
}

/** Header and payload in one buffer, masked with a fresh key where `role` is `client` (RFC 6455 §5.2, §5.3). */
export function encodeFrame(frame: OutgoingFrame, role: Role): Buffer {
  const { fin, opcode, payload } = frame;
  const payloadLength = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
  const byteLength = frameHeaderLength(payloadLength, role);
  const maskingKey = role === 'client' ? createMaskingKey() : 0;
  const bytes = Buffer.allocUnsafe(byteLength + payloadLength);
  encodeFrameHeader(bytes, { fin, opcode, payloadLength, maskingKey, byteLength }, role);
  if (typeof payload === 'string') bytes.write(payload, byteLength);
  else bytes.set(payload, byteLength);
  if (role === 'client') applyMask(bytes.subarray(byteLength), maskingKey, 0);
  return bytes;
}
