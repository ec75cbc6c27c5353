import { isControl, type Opcode } from '../opcode.ts';
import { applyMask } from './masking.ts';
import { parseFrameHeader, type FrameHeader, type FrameRules } from './frame-header.ts';
import { readWholeFrame, type WholeFrame } from './whole-frame.ts';

/**
 * A received part of a frame. A control frame is always complete; a data frame is passed on as its bytes arrive, so
 * that limits and UTF-8 are checked at once and no byte waits for the last one.
 */
export interface FramePart {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly opcode: Opcode;
  /** Length of the whole frame's payload in bytes. */
  readonly payloadLength: number;
  /** The unmasked payload of this part, a view of its chunk; may be empty. */
  readonly payload: Buffer;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

const noBytes = Buffer.alloc(0);

/** Chunks in, parts of frames out (RFC 6455 §5.2). */
export class FrameParser {
  readonly #rules: FrameRules;
  #bytes: Buffer = noBytes;
  #offset = 0;
  #bytesPushed = 0;
  /** Header of the frame whose payload is arriving. */
  #header: FrameHeader | null = null;
  /** Payload bytes passed on so far; `null` before the first part. */
  #received: number | null = null;

  constructor(rules: FrameRules) {
    this.#rules = rules;
  }

  /** Bytes pushed in total. */
  get bytesPushed(): number {
    return this.#bytesPushed;
  }

  /** Bytes passed on, frame headers included, up to the end of the latest part. */
  get bytesParsed(): number {
    return this.#bytesPushed - (this.#bytes.length - this.#offset);
  }

  /** Adds the next chunk. The parser owns it from now on: payloads are unmasked in place. */
  push(chunk: Buffer): void {
    this.#bytesPushed += chunk.length;
    const isDrained = this.#offset === this.#bytes.length;
    this.#bytes = isDrained ? chunk : Buffer.concat([this.#bytes.subarray(this.#offset), chunk]);
    this.#offset = 0;
  }

  /** The next message if it is one complete frame in the chunk; `null` if {@link next} must be asked. */
  nextWhole(maxPayload: number): WholeFrame | null {
    if (this.#header !== null || this.#rules.role === 'client') return null;
    const frame = readWholeFrame(this.#bytes, this.#offset, maxPayload);
    if (frame !== null) this.#offset = frame.payload.byteOffset - this.#bytes.byteOffset + frame.payload.length;
    return frame;
  }

  /**
   * The next part of a frame, or `null` when more bytes are needed.
   *
   * @throws {ProtocolError} when the frame's header breaks a rule; do not use the parser afterwards
   */
  next(): FramePart | null {
    this.#header ??= this.#parseHeader();
    const part = this.#header && this.#takePart(this.#header);
    if (part === null) this.#releaseChunk();
    return part;
  }

  #parseHeader(): FrameHeader | null {
    const header = parseFrameHeader(this.#bytes, this.#offset, this.#rules);
    if (header !== null) this.#offset += header.byteLength;
    return header;
  }

  #takePart({ fin, rsv1, opcode, payloadLength, maskingKey }: FrameHeader): FramePart | null {
    const received = this.#received ?? 0;
    const isFirst = this.#received === null;
    const missing = payloadLength - received;
    const available = this.#bytes.length - this.#offset;
    if (available < missing && (isControl(opcode) || (available === 0 && !isFirst))) return null;

    const isLast = available >= missing;
    const end = this.#offset + (isLast ? missing : available);
    const payload = this.#bytes.subarray(this.#offset, end);
    if (maskingKey !== 0) applyMask(payload, maskingKey, received);
    this.#offset = end;
    this.#received = isLast ? null : received + payload.length;
    if (isLast) this.#header = null;
    return { fin, rsv1, opcode, payloadLength, payload, isFirst, isLast };
  }

  /** Keeps the few bytes of an unfinished header or control frame, not their whole chunk. */
  #releaseChunk(): void {
    if (this.#offset === 0) return;
    const rest = this.#bytes.subarray(this.#offset);
    this.#bytes = rest.length === 0 ? noBytes : Buffer.concat([rest]);
    this.#offset = 0;
  }
}
