import type { ControlOpcode, Opcode } from '../opcode.ts';

/** A whole message or a control frame, as the peer sent it. */
export interface Received {
  readonly opcode: typeof Opcode.Text | typeof Opcode.Binary | ControlOpcode;
  readonly payload: Buffer;
  /** Whether the payload is still to be inflated (RFC 7692 §6). */
  readonly isCompressed: boolean;
}

/** Where a connection takes messages and control frames from, one at a time. */
export interface MessageSource {
  /**
   * The next one, or `null`: more bytes are needed, or a message is being inflated.
   *
   * @throws {ProtocolError} for a fault of the peer
   */
  next(): Received | null;
  /** Whether a message is being inflated; nothing comes until it is. */
  readonly isBusy: boolean;
  /** Frees what it holds: nothing will be asked for any more. */
  dispose(): void;
}
