import type { Deflater } from '../deflate/deflater.ts';
import { encodeFrame, payloadLengthOf } from '../frame/frame-encoder.ts';
import type { Role } from '../role.ts';
import { Opcode } from '../opcode.ts';
import { deflatedFrame, type CompressibleMessage } from './deflated-frame.ts';
import type { OutputQueue } from './output-queue.ts';
import type { PreparedMessage } from './prepared-message.ts';

/** A message to send: text or bytes, and whether it is complete. */
export interface OutgoingMessage {
  readonly data: string | Uint8Array;
  readonly isBinary: boolean;
  /** `false` if further fragments of the same message follow (RFC 6455 §5.4). Fragments are never compressed. */
  readonly fin: boolean;
  /** Whether it may be compressed, if that was agreed on. Default `true`. */
  readonly compress?: boolean | undefined;
}

/** A message whose bytes are not available yet. It is never compressed. */
export interface LaterMessage extends Pick<OutgoingMessage, 'isBinary' | 'fin'> {
  /** Its length in bytes. */
  readonly byteLength: number;
}

/** Provides the bytes of a {@link LaterMessage}. */
export type FillMessage = (data: Uint8Array) => void;

export interface SenderParts {
  readonly role: Role;
  readonly output: OutputQueue;
  /** `null` if no compression was agreed on. */
  readonly deflater: Deflater | null;
  /** Called when a frame that was deflated off the event loop is ready. */
  readonly onReady: () => void;
}

/** Frames messages, and compresses those that are worth it (RFC 7692 §6.1). */
export class MessageSender {
  readonly #parts: SenderParts;
  #isInMessage = false;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  send({ data, isBinary, fin, compress = true }: OutgoingMessage): void {
    const isWhole = fin && !this.#isInMessage;
    const deflater = isWhole && compress ? this.#deflaterFor(payloadLengthOf(data)) : null;
    if (deflater !== null) return this.#sendDeflated(opcodeOf(isBinary), data, deflater);
    this.#parts.output.push({ fin, rsv1: false, opcode: this.#nextOpcode(isBinary, fin), payload: data });
  }

  /** Reserves the place of a message until its bytes are available. */
  sendLater({ byteLength, isBinary, fin }: LaterMessage): FillMessage {
    const { role, output } = this.#parts;
    const opcode = this.#nextOpcode(isBinary, fin);
    const reservation = output.reserve(byteLength);
    return (payload) => {
      output.fill(reservation, encodeFrame({ fin, rsv1: false, opcode, payload }, role));
    };
  }

  sendPrepared(message: PreparedMessage): void {
    const { role, output } = this.#parts;
    const { payload, isBinary, compress } = message;
    const deflater = compress ? this.#deflaterFor(payload.length) : null;
    // A client masks each frame with its own key; each socket has its own window.
    if (role === 'client' || this.#isInMessage || deflater?.keepsContext) {
      return this.send({ data: payload, isBinary, fin: true, compress });
    }
    if (deflater === null) return output.pushEncoded([message.frame]);
    const frame = message.frameFor(deflater);
    if (Buffer.isBuffer(frame)) return output.pushEncoded([frame]);
    return this.#awaitFrame(payload.length, frame);
  }

  #sendDeflated(opcode: CompressibleMessage['opcode'], data: string | Uint8Array, deflater: Deflater): void {
    const { role, output } = this.#parts;
    // A copy, because zlib may read it after the caller has changed it.
    const message = { opcode, payload: Buffer.from(data as string) };
    const deflated = deflater.deflate(message.payload);
    if (deflated instanceof Uint8Array) return output.push(deflatedFrame(message, deflated, deflater));
    const frame = deflated.then((bytes) => encodeFrame(deflatedFrame(message, bytes, deflater), role));
    return this.#awaitFrame(message.payload.length, frame);
  }

  #nextOpcode(isBinary: boolean, fin: boolean): Opcode {
    const opcode = this.#isInMessage ? Opcode.Continuation : opcodeOf(isBinary);
    this.#isInMessage = !fin;
    return opcode;
  }

  #deflaterFor(length: number): Deflater | null {
    const { deflater } = this.#parts;
    return deflater !== null && length >= deflater.settings.threshold ? deflater : null;
  }

  /** Reserves the place of a frame that is still being deflated. */
  #awaitFrame(byteLength: number, frame: Promise<Buffer>): void {
    const { output, onReady } = this.#parts;
    const reservation = output.reserve(byteLength);
    void frame.then((encoded) => {
      output.fill(reservation, encoded);
      onReady();
    });
  }
}

function opcodeOf(isBinary: boolean): CompressibleMessage['opcode'] {
  return isBinary ? Opcode.Binary : Opcode.Text;
}
