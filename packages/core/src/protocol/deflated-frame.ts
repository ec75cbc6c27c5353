import type { Deflater } from '../deflate/deflater.ts';
import type { OutgoingFrame } from '../frame/frame-encoder.ts';
import type { Opcode } from '../opcode.ts';

/** A complete message to be compressed. */
export interface CompressibleMessage {
  readonly opcode: typeof Opcode.Text | typeof Opcode.Binary;
  readonly payload: Uint8Array;
}

/**
 * The frame of a message that was deflated (RFC 7692 §6.1). If that made it no shorter, it is sent uncompressed, unless
 * the peer needs it in its window.
 */
export function deflatedFrame(
  { opcode, payload }: CompressibleMessage,
  deflated: Uint8Array,
  { keepsContext }: Deflater,
): OutgoingFrame {
  const rsv1 = keepsContext || deflated.length < payload.length;
  return { fin: true, rsv1, opcode, payload: rsv1 ? deflated : payload };
}
