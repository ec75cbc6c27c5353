import { constants as bufferConstants } from 'node:buffer';
import { constants, createDeflateRaw, createInflateRaw, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { DeflateRaw, InflateRaw, ZlibOptions } from 'node:zlib';

/** What a codec has made of a message. */
export interface CodecOutput {
  /** A view that is valid until the next call, of any codec. */
  readonly bytes: Uint8Array;
  /** The length in bytes of the input that was left over: what stands behind the end of a compressed stream. */
  readonly unread: number;
}

/** Compresses or decompresses whole messages at once, each by itself. */
export interface Codec {
  /**
   * @param pieces of one message, in order
   * @param maxLength of the output, in bytes
   * @throws {Error} with the code `ERR_BUFFER_TOO_LARGE` over `maxLength`, or zlib's own
   */
  run(pieces: readonly Uint8Array[], maxLength: number): CodecOutput;
}

/** What a zlib stream of Node.js works with inside; the same since version 10. */
export interface ZlibStream {
  readonly _handle: {
    writeSync(...parameters: [flush: number, ...input: Stretch, ...output: Stretch]): void;
    reset(): void;
    onerror: (message: string, errno: number, code: string) => void;
  };
  /** After a write: bytes left free in the output, and bytes left over of the input. */
  readonly _writeState: Uint32Array;
}

type Stretch = [bytes: Uint8Array, start: number, length: number];

const scratchLength = 64 * 1024;
/** A scratch buffer that grew longer than this is not kept. */
const maxKept = 1024 * 1024;

/** What comes out of every codec: a message is copied from here to where it goes. */
let scratch = Buffer.allocUnsafeSlow(scratchLength);

/**
 * A codec that keeps its zlib stream from message to message, and resets it in between. Node.js offers no public way
 * to do that synchronously: `deflateRawSync()` makes and frees a stream, 20 KiB and more, for each call. Measured for
 * messages of 1 KiB: 8 instead of 12 µs to deflate, 3 instead of 5 µs to inflate, and none of the garbage.
 */
export class KeptCodec implements Codec {
  readonly #stream: ZlibStream;
  #fault: NodeJS.ErrnoException | null = null;

  constructor(stream: ZlibStream) {
    this.#stream = stream;
    stream._handle.onerror = (message, errno, code) => {
      this.#fault = Object.assign(new Error(message), { errno, code });
    };
  }

  run(pieces: readonly Uint8Array[], maxLength: number): CodecOutput {
    if (scratch.length > maxKept) scratch = Buffer.allocUnsafeSlow(scratchLength);
    this.#fault = null;
    try {
      let written = 0;
      let unread = 0;
      for (const piece of pieces) {
        const after = this.#write(piece, written, maxLength);
        written = after.written;
        unread += after.unread;
      }
      return { bytes: scratch.subarray(0, written), unread };
    } finally {
      this.#stream._handle.reset();
    }
  }

  /** @returns the length of the output so far, and that of the input that was left over */
  #write(input: Uint8Array, before: number, maxLength: number): { written: number; unread: number } {
    const { _handle: handle, _writeState: state } = this.#stream;
    let start = 0;
    let written = before;
    for (;;) {
      const free = scratch.length - written;
      handle.writeSync(constants.Z_SYNC_FLUSH, input, start, input.length - start, scratch, written, free);
      if (this.#fault !== null) throw this.#fault;
      const [left, unread] = state as Uint32Array & [number, number];
      written += free - left;
      if (written > maxLength) throw tooLarge(maxLength);
      if (left > 0) return { written, unread };
      start = input.length - unread;
      scratch = Buffer.concat([scratch], scratch.length * 2);
    }
  }
}

/** What zlib's functions give with the option `info`, which their types leave out. */
export interface ZlibInfo {
  readonly buffer: Buffer;
  /** `bytesWritten`: how much of the input zlib has taken. */
  readonly engine: { readonly bytesWritten: number };
}

type ZlibFunction = (input: Uint8Array, options: ZlibOptions) => unknown;

/** A codec of zlib's public functions. */
class OneShotCodec implements Codec {
  readonly #call: ZlibFunction;
  readonly #options: ZlibOptions;

  constructor(call: ZlibFunction, options: ZlibOptions) {
    this.#call = call;
    this.#options = { ...options, finishFlush: constants.Z_SYNC_FLUSH, info: true };
  }

  run(pieces: readonly Uint8Array[], maxLength: number): CodecOutput {
    // zlib takes no limit of 0, and may give one byte then.
    const options = { ...this.#options, maxOutputLength: Math.max(Math.min(maxLength, bufferConstants.MAX_LENGTH), 1) };
    const input = Buffer.concat(pieces);
    const { buffer: bytes, engine } = this.#call(input, options) as ZlibInfo;
    if (bytes.length > maxLength) throw tooLarge(maxLength);
    return { bytes, unread: input.length - engine.bytesWritten };
  }
}

function tooLarge(maxLength: number): Error {
  return Object.assign(new RangeError(`Output of more than ${maxLength} bytes`), { code: 'ERR_BUFFER_TOO_LARGE' });
}

/** Whether a stream of this Node.js is made as {@link ZlibStream} says. */
export function isZlibStream(stream: object): stream is ZlibStream {
  const { _handle: handle, _writeState: state } = stream as Partial<ZlibStream>;
  return typeof handle?.writeSync === 'function' && typeof handle.reset === 'function' && state instanceof Uint32Array;
}

/** @param stream made with `options`, for the codec to keep where it can */
export function createCodec(stream: DeflateRaw | InflateRaw | object, call: ZlibFunction, options: ZlibOptions): Codec {
  return isZlibStream(stream) ? new KeptCodec(stream) : new OneShotCodec(call, options);
}

const codecs = new Map<string, Codec>();

/** The one codec that all sockets with these options share: none of them leaves anything behind in it. */
export function deflateCodec(options: ZlibOptions): Codec {
  return sharedCodec(`deflate ${options.level} ${options.memLevel} ${options.windowBits}`, () =>
    createCodec(createDeflateRaw(options), deflateRawSync, options),
  );
}

export function inflateCodec(options: ZlibOptions): Codec {
  return sharedCodec(`inflate ${options.windowBits}`, () =>
    createCodec(createInflateRaw(options), inflateRawSync, options),
  );
}

function sharedCodec(key: string, create: () => Codec): Codec {
  let codec = codecs.get(key);
  if (codec === undefined) {
    codec = create();
    codecs.set(key, codec);
  }
  return codec;
}
