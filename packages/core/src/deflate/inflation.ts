import { constants } from 'node:buffer';
import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import type { DeflateSettings } from './deflate-settings.ts';
import type { SlidingWindow } from './sliding-window.ts';

/**
 * Appended to each payload: the four bytes omitted on the wire (RFC 7692 §7.2.2), an empty final block, and a byte that
 * zlib leaves unread if it got complete blocks.
 */
const end = Buffer.from([0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff, 0x00]);

/** Messages of at most this many bytes are bounded by `maxPayload` alone, whatever their ratio. */
const maxRatioFrom = 16 * 1024 * 1024;

export type InflationLimits = Pick<DeflateSettings, 'maxRatio' | 'maxFinalBlocks'> & {
  /** The longest message, in bytes. */
  readonly maxPayload: number;
};

/** How many bytes a message may be inflated to, and the option that says so. */
interface OutputLimit {
  readonly maxLength: number;
  readonly name: string;
}

export interface InflationOptions {
  /** What came before, which the message may refer to. It slides on with what is inflated. */
  readonly window: SlidingWindow;
  /** Whether the next message may refer to this one (§7.1.1). */
  readonly keepsContext: boolean;
  readonly limits: InflationLimits;
}

/**
 * One message on its way through zlib. A final block ends a stream for zlib, but not the message (RFC 7692 §7.2.3.4):
 * the data after it goes into a new stream, which gets the window so far.
 */
export class Inflation {
  readonly #options: InflationOptions;
  readonly #limit: OutputLimit;
  readonly #chunks: Buffer[] = [];
  #input: Buffer;
  #length = 0;
  #finalBlocks = 0;

  constructor(payload: Buffer, options: InflationOptions) {
    this.#options = options;
    this.#input = Buffer.concat([payload, end]);
    this.#limit = outputLimit(payload.length, options.limits);
  }

  /** What came before `input`. */
  get window(): SlidingWindow {
    return this.#options.window;
  }

  /** What zlib is to be given next. */
  get input(): Buffer {
    return this.#input;
  }

  /** How many bytes it may put out for that. */
  get maxOutput(): number {
    return this.#limit.maxLength - this.#length;
  }

  /**
   * Takes what zlib has put out.
   *
   * @param bytes ours from now on
   * @param unread the length in bytes of the input that it has left
   * @returns the message, or `null` where there is more input
   * @throws {ProtocolError} 1007 where the payload ends inside a block; 1008 over `maxFinalBlocks`
   */
  add(bytes: Buffer, unread: number): Buffer | null {
    const { window, keepsContext, limits } = this.#options;
    // If the last block of the payload is final, all of `end` is left, and the message is complete too.
    const isWhole = unread === 1 || unread === end.length;
    if (!isWhole && unread < end.length) throw invalidDeflate('the message ends inside a block');
    if (!isWhole && ++this.#finalBlocks > limits.maxFinalBlocks) throw tooManyFinalBlocks(limits);
    if (!isWhole || keepsContext) window.slide(bytes);
    this.#chunks.push(bytes);
    this.#length += bytes.length;
    this.#input = this.#input.subarray(this.#input.length - unread);
    if (!isWhole) return null;
    return this.#chunks.length === 1 ? bytes : Buffer.concat(this.#chunks, this.#length);
  }

  /** A zlib error as a fault of the peer. */
  faultOf({ code, message }: NodeJS.ErrnoException): ProtocolError {
    return code === 'ERR_BUFFER_TOO_LARGE' ? this.tooLong() : invalidDeflate(message);
  }

  tooLong(): ProtocolError {
    const { maxLength, name } = this.#limit;
    return new ProtocolError(
      'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
      CloseCode.MessageTooBig,
      `Message of more than ${maxLength} bytes when inflated is over ${name}`,
    );
  }
}

function outputLimit(length: number, { maxPayload, maxRatio }: InflationLimits): OutputLimit {
  const atRatio = Math.max(maxRatioFrom, length * maxRatio);
  if (atRatio < maxPayload) return { maxLength: atRatio, name: `maxRatio ${maxRatio}` };
  return { maxLength: Math.min(maxPayload, constants.MAX_LENGTH), name: `maxPayload ${maxPayload}` };
}

function invalidDeflate(detail: string): ProtocolError {
  return new ProtocolError(
    'WS_ERR_INVALID_DEFLATE',
    CloseCode.InvalidPayload,
    `Not DEFLATE: ${detail} (RFC 7692 §7.2.2)`,
  );
}

function tooManyFinalBlocks({ maxFinalBlocks }: InflationLimits): ProtocolError {
  return new ProtocolError(
    'WS_ERR_TOO_MANY_FINAL_BLOCKS',
    CloseCode.PolicyViolation,
    `Too many final blocks in a compressed message: over maxFinalBlocks ${maxFinalBlocks}`,
  );
}
