import { isControl, type Opcode } from '../opcode.ts';
import { applyMask } from './masking.ts';
import { parseFrameHeader, type FrameHeader, type Role } from './frame-header.ts';

/**
 * What has come of one frame. A control frame is always whole; a data frame is handed on as its bytes come, so that
 * limits and UTF-8 are checked at once and no byte waits for the last one.
 */
export interface FramePart {
  readonly fin: boolean;
  readonly opcode: Opcode;
  /** Length of the whole frame's payload in bytes. */
  readonly payloadLength: number;
  /** The unmasked payload of this part, a view of the chunk it came in; may be empty. */
  readonly payload: Buffer;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

interface FrameInProgress {
  readonly header: FrameHeader;
  /** Bytes of the payload handed on so far; `null` until the first part is. */
  received: number | null;
}

const noBytes = Buffer.alloc(0);

/** Chunks in, parts of frames out (RFC 6455 §5.2). */
export class FrameParser {
  readonly #role: Role;
  #bytes: Buffer = noBytes;
  #offset = 0;
  #frame: FrameInProgress | null = null;

  constructor(role: Role) {
    this.#role = role;
  }

  /** Adds the next chunk. It belongs to the parser from now on: payloads are unmasked in place. */
  push(chunk: Buffer): void {
    const isDrained = this.#offset === this.#bytes.length;
    this.#bytes = isDrained ? chunk : Buffer.concat([this.#bytes.subarray(this.#offset), chunk]);
    this.#offset = 0;
  }

  /**
   * The next part of a frame, or `null` when more bytes are needed.
   *
   * @throws {ProtocolError} when the frame's header breaks a rule; the parser is of no use afterwards
   */
  next(): FramePart | null {
    this.#frame ??= this.#parseHeader();
    const part = this.#frame && this.#takePart(this.#frame);
    if (part === null) this.#releaseChunk();
    else if (part.isLast) this.#frame = null;
    return part;
  }

  #parseHeader(): FrameInProgress | null {
    const header = parseFrameHeader(this.#bytes, this.#offset, this.#role);
    if (header === null) return null;
    this.#offset += header.byteLength;
    return { header, received: null };
  }

  #takePart(frame: FrameInProgress): FramePart | null {
    const { fin, opcode, payloadLength, maskingKey } = frame.header;
    const received = frame.received ?? 0;
    const isFirst = frame.received === null;
    const missing = payloadLength - received;
    const available = this.#bytes.length - this.#offset;
    if (available < missing && (isControl(opcode) || (available === 0 && !isFirst))) return null;

    const taken = Math.min(available, missing);
    const payload = this.#bytes.subarray(this.#offset, this.#offset + taken);
    if (maskingKey !== 0) applyMask(payload, maskingKey, received);
    this.#offset += taken;
    frame.received = received + taken;
    return { fin, opcode, payloadLength, payload, isFirst, isLast: taken === missing };
  }

  /** Keeps the few bytes of an unfinished header or control frame, not the whole chunk that they came in. */
  #releaseChunk(): void {
    if (this.#offset === 0) return;
    const rest = this.#bytes.subarray(this.#offset);
    this.#bytes = rest.length === 0 ? noBytes : Buffer.concat([rest]);
    this.#offset = 0;
  }
}
