import type { ControlOpcode, Opcode } from '../opcode.ts';

/** A whole message or a control frame, as the peer sent it. */
export interface Received {
  readonly opcode: typeof Opcode.Text | typeof Opcode.Binary | ControlOpcode;
  readonly payload: Buffer;
  /** Whether the payload is still to be inflated (RFC 7692 §6). */
  readonly isCompressed: boolean;
}

/** A message of which only a part has come. */
export interface IncompleteMessage {
  /** Bytes of its payload that have come, as they were sent: before inflating. */
  readonly byteLength: number;
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
  /** The message of which only a part has come; the same object until it is whole. */
  readonly messageInProgress: IncompleteMessage | null;
  /** Frees what it holds: nothing will be asked for any more. */
  dispose(): void;
}
