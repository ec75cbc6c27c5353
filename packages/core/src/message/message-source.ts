import type { ControlOpcode, Opcode } from '../opcode.ts';

/** A complete message or a control frame, as the peer sent it. */
export interface Received {
  readonly opcode: typeof Opcode.Text | typeof Opcode.Binary | ControlOpcode;
  readonly payload: Buffer;
  /** Whether the payload is still to be inflated (RFC 7692 §6). */
  readonly isCompressed: boolean;
}

/** A message that is not complete yet. */
export interface IncompleteMessage {
  /** Payload bytes received, before inflating. */
  readonly byteLength: number;
}

/** Where a connection gets messages and control frames, one at a time. */
export interface MessageSource {
  /**
   * The next one; `null` if more bytes are needed or a message is being inflated.
   *
   * @throws {ProtocolError} on a fault of the peer
   */
  next(): Received | null;
  /** Whether a message is being inflated; `next()` gives nothing until it is done. */
  readonly isBusy: boolean;
  /** The incomplete message; the same object until it is complete. */
  readonly messageInProgress: IncompleteMessage | null;
  /** Frees all memory; the source must not be used afterwards. */
  dispose(): void;
}
