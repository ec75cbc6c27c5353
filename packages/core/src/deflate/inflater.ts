import { constants as bufferConstants } from 'node:buffer';
import { constants, createInflateRaw, inflateRaw, type InflateRaw, type ZlibOptions } from 'node:zlib';
import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';
import { inflateCodec } from './codec.ts';
import type { DeflaterOptions } from './deflater.ts';
import type { DeflateSettings } from './deflate-settings.ts';

/** Up to here, in bytes, a compressed message is inflated at once: handing it to a thread and back costs more. */
const maxSync = 4 * 1024;

/** A message may always have this length, in bytes, however well it was compressed. */
const maxRatioFrom = 64 * 1024;

/** Goes without saying on the wire (RFC 7692 §7.2.2): an empty block without compression. */
const tail = Buffer.from([0x00, 0x00, 0xff, 0xff]);

export type InflaterOptions = DeflaterOptions & {
  /** The longest message, in bytes. */
  readonly maxPayload: number;
};

/** Decompresses the messages of one socket, one after the other (RFC 7692 §7.2.2). */
export class Inflater {
  readonly #settings: DeflateSettings;
  readonly #options: InflaterOptions;
  #context: InflateContext | null = null;

  constructor(settings: DeflateSettings, options: InflaterOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /**
   * The message: at once where it is short and without context, else off the event loop. Not more is inflated than the
   * limits allow.
   *
   * @throws {ProtocolError} or rejects with it: 1007 where the payload is not DEFLATE, 1009 over `maxPayload` or
   *   `maxRatio`
   */
  inflate(payload: Buffer): Buffer | Promise<Buffer> {
    const { windowBits, keepsContext } = this.#options;
    const { jobs } = this.#settings;
    const limit = this.#limitFor(payload);
    if (keepsContext) {
      this.#context ??= new InflateContext({ windowBits });
      const context = this.#context;
      return jobs.run(() => context.inflate(payload, limit));
    }
    if (payload.length > maxSync) {
      const options = { windowBits, finishFlush: constants.Z_SYNC_FLUSH };
      return jobs.run(() => inflateAside(Buffer.concat([payload, tail]), options, limit));
    }
    try {
      return Buffer.from(inflateCodec({ windowBits }).run([payload, tail], limit.maxLength));
    } catch (error) {
      throw faultOf(error as NodeJS.ErrnoException, limit);
    }
  }

  /** Frees the context. */
  dispose(): void {
    this.#context?.dispose();
    this.#context = null;
  }

  #limitFor(payload: Buffer): OutputLimit {
    const { maxPayload } = this.#options;
    const { maxRatio } = this.#settings;
    const atRatio = Math.max(maxRatioFrom, payload.length * maxRatio);
    if (atRatio < maxPayload) return { maxLength: atRatio, name: `maxRatio ${maxRatio}` };
    return { maxLength: Math.min(maxPayload, bufferConstants.MAX_LENGTH), name: `maxPayload ${maxPayload}` };
  }
}

/** How many bytes a message may be inflated to, and the option that says so. */
interface OutputLimit {
  readonly maxLength: number;
  readonly name: string;
}

/** What zlib says of a message, in our words. */
function faultOf(error: NodeJS.ErrnoException, limit: OutputLimit): ProtocolError {
  const { code, message } = error;
  return code === 'ERR_BUFFER_TOO_LARGE'
    ? tooLong(limit)
    : new ProtocolError(
        'WS_ERR_INVALID_DEFLATE',
        CloseCode.InvalidPayload,
        `Not DEFLATE: ${message} (RFC 7692 §7.2.2)`,
      );
}

function tooLong({ maxLength, name }: OutputLimit): ProtocolError {
  return new ProtocolError(
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    CloseCode.MessageTooBig,
    `Message of more than ${maxLength} bytes when inflated is over ${name}`,
  );
}

function inflateAside(bytes: Buffer, options: ZlibOptions, limit: OutputLimit): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // zlib takes no limit of 0, and may give one byte then.
    inflateRaw(bytes, { ...options, maxOutputLength: Math.max(limit.maxLength, 1) }, (error, message) => {
      if (error) reject(faultOf(error, limit));
      else if (message.length > limit.maxLength) reject(tooLong(limit));
      else resolve(message);
    });
  });
}

/** A message as it comes out of a context. */
interface Inflation {
  readonly limit: OutputLimit;
  readonly chunks: Buffer[];
  byteLength: number;
  readonly reject: (error: ProtocolError) => void;
}

/** A decompressor that goes on from message to message. */
class InflateContext {
  readonly #options: ZlibOptions;
  #stream: InflateRaw;
  #inflation: Inflation | null = null;

  constructor(options: ZlibOptions) {
    this.#options = options;
    this.#stream = this.#createStream();
  }

  inflate(payload: Buffer, limit: OutputLimit): Promise<Buffer> {
    // A block that says it is the last ends the stream; what follows starts a new one (§7.2.3.4).
    if (this.#stream.readableEnded) this.#stream = this.#createStream();
    const stream = this.#stream;
    return new Promise((resolve, reject) => {
      const inflation: Inflation = { limit, chunks: [], byteLength: 0, reject };
      this.#inflation = inflation;
      stream.write(payload);
      stream.write(tail);
      stream.flush(() => resolve(Buffer.concat(inflation.chunks, inflation.byteLength)));
    });
  }

  dispose(): void {
    this.#stream.close();
  }

  #createStream(): InflateRaw {
    return createInflateRaw(this.#options)
      .on('data', (chunk: Buffer) => this.#add(chunk, this.#inflation!))
      .on('error', (error) => this.#inflation!.reject(faultOf(error, this.#inflation!.limit)));
  }

  #add(chunk: Buffer, inflation: Inflation): void {
    inflation.chunks.push(chunk);
    inflation.byteLength += chunk.length;
    if (inflation.byteLength <= inflation.limit.maxLength) return;
    inflation.reject(tooLong(inflation.limit));
    this.#stream.close();
  }
}
