import { isUtf8 } from 'node:buffer';
import type { DeflateSettings } from '../deflate/deflate-settings.ts';
import type { Deflater } from '../deflate/deflater.ts';
import { encodeFrame } from '../frame/frame-encoder.ts';
import { Opcode } from '../opcode.ts';
import { deflatedFrame } from './deflated-frame.ts';

/** Marks a prepared message of this copy of the package, or of another copy installed beside it. */
const brand = Symbol.for('@turnout/core: PreparedMessage');

interface DeflatedFrame {
  readonly settings: DeflateSettings;
  readonly windowBits: number;
  frame: Buffer | Promise<Buffer>;
}

/** A message for many sockets: framed once, and compressed once for all sockets with the same parameters. */
export class PreparedMessage {
  readonly isBinary: boolean;
  readonly compress: boolean;
  readonly payload: Buffer;
  readonly [brand] = true;
  #frame: Buffer | undefined;
  readonly #deflated: DeflatedFrame[] = [];

  /**
   * @param data copied
   * @throws {TypeError} on bytes sent as text that are not UTF-8
   */
  constructor(
    data: string | Uint8Array,
    { isBinary, compress }: { readonly isBinary: boolean; readonly compress: boolean },
  ) {
    if (!isBinary && typeof data !== 'string' && !isUtf8(data)) {
      throw new TypeError('Invalid text message: expected UTF-8');
    }
    this.isBinary = isBinary;
    this.compress = compress;
    this.payload = Buffer.from(data as string);
  }

  get opcode(): typeof Opcode.Text | typeof Opcode.Binary {
    return this.isBinary ? Opcode.Binary : Opcode.Text;
  }

  /** The message as a server sends it without compression. */
  get frame(): Buffer {
    const { opcode, payload } = this;
    this.#frame ??= encodeFrame({ fin: true, rsv1: false, opcode, payload }, 'server');
    return this.#frame;
  }

  /**
   * The message as sent by a server with this deflater, which keeps no context: all servers with the same parameters
   * send the same bytes. A promise while it is deflated off the event loop; it does not reject.
   */
  frameFor(deflater: Deflater): Buffer | Promise<Buffer> {
    const { settings, windowBits } = deflater;
    const known = this.#deflated.find((other) => other.settings === settings && other.windowBits === windowBits);
    if (known !== undefined) return known.frame;
    const entry: DeflatedFrame = { settings, windowBits, frame: this.#encodeFor(deflater) };
    this.#deflated.push(entry);
    if (!Buffer.isBuffer(entry.frame)) void entry.frame.then((frame) => (entry.frame = frame));
    return entry.frame;
  }

  #encodeFor(deflater: Deflater): Buffer | Promise<Buffer> {
    const encode = (deflated: Uint8Array): Buffer => encodeFrame(deflatedFrame(this, deflated, deflater), 'server');
    const deflated = deflater.deflate(this.payload);
    return deflated instanceof Uint8Array ? encode(deflated) : deflated.then(encode);
  }
}

const adopted = new WeakMap<object, PreparedMessage>();

/** Whether another copy of the package, whose methods may differ, created it: {@link adopt} it. */
export function isOfOtherCopy(data: unknown): data is PreparedMessage {
  return typeof data === 'object' && data !== null && brand in data && !(data instanceof PreparedMessage);
}

/** The same message created by this copy, which is also framed and compressed only once. */
export function adopt(other: PreparedMessage): PreparedMessage {
  const known = adopted.get(other);
  if (known !== undefined) return known;
  const message = new PreparedMessage(other.payload, other);
  adopted.set(other, message);
  return message;
}
