import { constants, isUtf8 } from 'node:buffer';
import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import type { FrameParser, FramePart } from '../frame/frame-parser.ts';
import type { WholeFrame } from '../frame/whole-frame.ts';
import type { ConnectionLimits } from '../limits.ts';
import { isControl, Opcode } from '../opcode.ts';
import type { IncompleteMessage, MessageSource, Received } from './message-source.ts';
import { MessageBuffer } from './message-buffer.ts';
import { checkUtf8 } from './utf8.ts';

export type MessageLimits = Pick<ConnectionLimits, 'maxPayload' | 'maxFragments' | 'maxEmptyFragments'>;

interface MessageInProgress {
  readonly opcode: typeof Opcode.Text | typeof Opcode.Binary;
  readonly isCompressed: boolean;
  readonly buffer: MessageBuffer;
  fragments: number;
  emptyInARow: number;
  /** The final length of the message in bytes; `null` until its last frame arrives. */
  expected: number | null;
  /** Where the UTF-8 check continues. */
  checked: number;
}

/** Parts of frames in, messages and control frames out (RFC 6455 §5.4, §8.1). */
export class MessageAssembler implements MessageSource {
  /** An assembler never waits for anything but bytes. */
  readonly isBusy = false;
  readonly #parser: FrameParser;
  readonly #limits: MessageLimits;
  readonly #maxPayload: number;
  #message: MessageInProgress | null = null;

  constructor(parser: FrameParser, limits: MessageLimits) {
    this.#parser = parser;
    this.#limits = limits;
    this.#maxPayload = Math.min(limits.maxPayload, constants.MAX_LENGTH);
  }

  /**
   * The next message or control frame, or `null` when more bytes are needed.
   *
   * @throws {ProtocolError} 1002 on a broken rule of framing or fragments; 1007 on text that is not UTF-8; 1008 over
   * `maxFragments` or `maxEmptyFragments`; 1009 over `maxPayload`, at the header that announces it
   */
  next(): Received | null {
    const frame = this.#message === null ? this.#parser.nextWhole(this.#maxPayload) : null;
    if (frame !== null) return checked(frame);
    for (let part = this.#parser.next(); part !== null; part = this.#parser.next()) {
      if (isControl(part.opcode)) return { opcode: part.opcode, payload: part.payload, isCompressed: false };
      const received = this.#addPart(part);
      if (received !== null) return received;
    }
    return null;
  }

  get messageInProgress(): IncompleteMessage | null {
    return this.#message === null ? null : this.#message.buffer;
  }

  /** Gives up the message in progress. */
  dispose(): void {
    this.#message = null;
  }

  #addPart(part: FramePart): Received | null {
    const { opcode, payload, fin, isFirst, isLast } = part;
    if (isFirst) {
      this.#checkOrder(part);
      this.#checkLength(part);
      // The common case, one frame in one read, is passed on without a copy.
      if (opcode !== Opcode.Continuation && fin && isLast) return wholeMessage(part);
      this.#startFragment(part);
    }
    const message = this.#message!;
    message.buffer.append(payload, message.expected);
    if (isPlainText(message)) checkText(message);
    if (!fin || !isLast) return null;
    this.#message = null;
    const { bytes } = message.buffer;
    if (isPlainText(message) && message.checked < bytes.length) throw invalidUtf8();
    return { opcode: message.opcode, payload: bytes, isCompressed: message.isCompressed };
  }

  #checkOrder({ opcode }: FramePart): void {
    const isContinuation = opcode === Opcode.Continuation;
    if (isContinuation === (this.#message !== null)) return;
    throw new ProtocolError(
      'WS_ERR_INVALID_OPCODE',
      CloseCode.ProtocolError,
      isContinuation ? 'Continuation frame without a message (§5.4)' : 'New message inside a fragmented one (§5.4)',
    );
  }

  #checkLength({ payloadLength, rsv1 }: FramePart): void {
    const total = (this.#message?.buffer.byteLength ?? 0) + payloadLength;
    if (total <= this.#maxPayload) return;
    if ((this.#message?.isCompressed ?? rsv1) && total <= maxCompressed(this.#maxPayload)) return;
    throw new ProtocolError(
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      CloseCode.MessageTooBig,
      `Message of ${total} bytes or more is over maxPayload ${this.#maxPayload}`,
    );
  }

  #startFragment({ opcode, payloadLength, fin, rsv1 }: FramePart): void {
    this.#message ??= {
      opcode: opcode as MessageInProgress['opcode'],
      isCompressed: rsv1,
      buffer: new MessageBuffer(),
      fragments: 0,
      emptyInARow: 0,
      expected: null,
      checked: 0,
    };
    const message = this.#message;
    const { maxFragments, maxEmptyFragments } = this.#limits;
    message.fragments++;
    if (fin) message.expected = message.buffer.byteLength + payloadLength;
    message.emptyInARow = payloadLength === 0 && !fin ? message.emptyInARow + 1 : 0;
    if (message.fragments > maxFragments) throw tooManyFragments(`over maxFragments ${maxFragments}`);
    if (message.emptyInARow > maxEmptyFragments) {
      throw tooManyFragments(`in a row without payload, over maxEmptyFragments ${maxEmptyFragments}`);
    }
  }
}

function checked(frame: WholeFrame): Received {
  if (frame.opcode === Opcode.Text && !frame.isAscii && !isUtf8(frame.payload)) throw invalidUtf8();
  return frame;
}

function wholeMessage({ opcode, payload, rsv1 }: FramePart): Received {
  if (opcode === Opcode.Text && !rsv1 && !isUtf8(payload)) throw invalidUtf8();
  return { opcode: opcode as MessageInProgress['opcode'], payload, isCompressed: rsv1 };
}

/** DEFLATE makes incompressible data slightly longer: by 5 bytes a block, and blocks have 128 bytes or more. */
function maxCompressed(maxPayload: number): number {
  return maxPayload + Math.ceil(maxPayload / 16) + 64;
}

function isPlainText({ opcode, isCompressed }: MessageInProgress): boolean {
  return opcode === Opcode.Text && !isCompressed;
}

function checkText(message: MessageInProgress): void {
  message.checked = checkUtf8(message.buffer.bytes, message.checked);
  if (message.checked < 0) throw invalidUtf8();
}

/** The error for text that is not UTF-8. */
export function invalidUtf8(): ProtocolError {
  return new ProtocolError('WS_ERR_INVALID_UTF8', CloseCode.InvalidPayload, 'Text is not valid UTF-8 (§8.1)');
}

function tooManyFragments(detail: string): ProtocolError {
  return new ProtocolError('WS_ERR_TOO_MANY_FRAGMENTS', CloseCode.PolicyViolation, `Too many fragments: ${detail}`);
}
