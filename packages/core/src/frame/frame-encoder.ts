import type { Opcode } from '../opcode.ts';
import { encodeFrameHeader, frameHeaderLength } from './frame-header.ts';
import type { Role } from '../role.ts';
import { applyMask, createMaskingKey } from './masking.ts';

/** A frame to be sent. */
export interface OutgoingFrame {
  readonly fin: boolean;
  /** Marks a compressed message on its first frame (RFC 7692 §6). */
  readonly rsv1: boolean;
  readonly opcode: Opcode;
  /** Text is encoded as UTF-8. Bytes are copied: the caller's are neither masked nor kept. */
  readonly payload: string | Uint8Array;
}

/** Length of a frame's payload in bytes. */
export function payloadLengthOf(payload: string | Uint8Array): number {
  return typeof payload === 'string' ? Buffer.byteLength(payload) : payload.byteLength;
}

/**
 * Writes a frame at `offset` of `target`, masked with a fresh key where `role` is `client` (RFC 6455 §5.2, §5.3).
 *
 * @param payloadLength from {@link payloadLengthOf}; `target` must have room for it and the header
 * @returns where the frame ends
 */
export function writeFrame(
  target: Buffer,
  offset: number,
  {
    frame,
    payloadLength,
    role,
  }: { readonly frame: OutgoingFrame; readonly payloadLength: number; readonly role: Role },
): number {
  const { fin, rsv1, opcode, payload } = frame;
  const byteLength = frameHeaderLength(payloadLength, role);
  const maskingKey = role === 'client' ? createMaskingKey() : 0;
  encodeFrameHeader(target, offset, { fin, rsv1, opcode, payloadLength, maskingKey, byteLength }, role);
  const start = offset + byteLength;
  const end = start + payloadLength;
  writePayload(target, start, payload, payloadLength);
  if (role === 'client') applyMask(target.subarray(start, end), maskingKey, 0);
  return end;
}

/** Up to this many bytes, a loop costs less than calling a copy or an encoder. */
const maxLoop = 48;

function writePayload(target: Buffer, start: number, payload: string | Uint8Array, length: number): void {
  if (typeof payload !== 'string') {
    if (length > maxLoop) target.set(payload, start);
    else for (let index = 0; index < length; index++) target[start + index] = payload[index]!;
  } else if (length > maxLoop || length !== payload.length) {
    target.write(payload, start);
  } else {
    // As many bytes as characters: all characters are below 128.
    for (let index = 0; index < length; index++) target[start + index] = payload.charCodeAt(index);
  }
}

/** Header and payload in a new buffer. */
export function encodeFrame(frame: OutgoingFrame, role: Role): Buffer {
  const payloadLength = payloadLengthOf(frame.payload);
  const bytes = Buffer.allocUnsafeSlow(frameHeaderLength(payloadLength, role) + payloadLength);
  writeFrame(bytes, 0, { frame, payloadLength, role });
  return bytes;
}

/** The header of a server's frame, for a payload that follows it uncopied. */
export function encodeHeader({ fin, rsv1, opcode }: OutgoingFrame, payloadLength: number): Buffer {
  const byteLength = frameHeaderLength(payloadLength, 'server');
  const bytes = Buffer.allocUnsafeSlow(byteLength);
  encodeFrameHeader(bytes, 0, { fin, rsv1, opcode, payloadLength, maskingKey: 0, byteLength }, 'server');
  return bytes;
}
