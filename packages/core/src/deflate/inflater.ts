import { constants, inflateRaw, type ZlibOptions } from 'node:zlib';
import { inflateCodec, type ZlibInfo } from './codec.ts';
import type { DeflateSettings } from './deflate-settings.ts';
import type { DeflaterOptions } from './deflater.ts';
import { Inflation } from './inflation.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Compressed messages of at most this many bytes are inflated synchronously: a thread would cost more. */
const maxSync = 4 * 1024;

/** Longer output, in bytes, is inflated on a thread after all: it would block all other sockets. */
const maxSyncOutput = 64 * 1024;

export type InflaterOptions = DeflaterOptions & {
  /** The longest message, in bytes. */
  readonly maxPayload: number;
};

/** Decompresses the messages of one socket, one after the other (RFC 7692 §7.2.2). */
export class Inflater {
  readonly #settings: DeflateSettings;
  readonly #options: InflaterOptions;
  /** The data that the peer may refer to; `null` before the first message. */
  #window: SlidingWindow | null = null;

  constructor(settings: DeflateSettings, options: InflaterOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /**
   * Returns a short message at once, inflates any other off the event loop; wait for it before the next call. Inflates
   * no more than the limits allow.
   *
   * @throws {ProtocolError} or rejects with it: 1007 if the payload is not DEFLATE, 1008 over `maxFinalBlocks`, 1009
   * over `maxPayload` or `maxRatio`
   */
  inflate(payload: Buffer): Buffer | Promise<Buffer> {
    // Some compressors produce nothing for an empty message.
    if (payload.length === 0) return Buffer.alloc(0);
    const inflation = this.#begin(payload);
    const message = payload.length <= maxSync ? this.#inflateNow(inflation) : null;
    return message ?? this.#settings.jobs.run(() => this.#inflateAside(inflation));
  }

  /** Frees the window. */
  dispose(): void {
    this.#window = null;
  }

  #begin(payload: Buffer): Inflation {
    const { windowBits, keepsContext, maxPayload } = this.#options;
    const { maxRatio, maxFinalBlocks } = this.#settings;
    const window = this.#window ?? new SlidingWindow(windowBits);
    if (keepsContext) this.#window = window;
    return new Inflation(payload, { window, keepsContext, limits: { maxPayload, maxRatio, maxFinalBlocks } });
  }

  /** @returns `null` if the rest is too long to be inflated synchronously */
  #inflateNow(inflation: Inflation): Buffer | null {
    for (;;) {
      const output = runNow(inflation, this.#options);
      if (output === null) return null;
      const message = inflation.add(output.bytes, output.unread);
      if (message !== null) return message;
    }
  }

  async #inflateAside(inflation: Inflation): Promise<Buffer> {
    for (;;) {
      const { bytes, unread } = await runAside(inflation, this.#options);
      const message = inflation.add(bytes, unread);
      if (message !== null) return message;
    }
  }
}

interface InflatedPart {
  readonly bytes: Buffer;
  /** The length in bytes of the input that zlib has left. */
  readonly unread: number;
}

function runNow(inflation: Inflation, { windowBits }: InflaterOptions): InflatedPart | null {
  const { window, input, maxOutput } = inflation;
  const { length } = window.bytes;
  try {
    const codec = inflateCodec({ windowBits });
    const { bytes, unread } = codec.run([...window.asBlock(), input], length + Math.min(maxOutput, maxSyncOutput));
    return { bytes: Buffer.from(bytes.subarray(length)), unread };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE' && maxOutput > maxSyncOutput) return null;
    throw inflation.faultOf(error as NodeJS.ErrnoException);
  }
}

function runAside(inflation: Inflation, { windowBits }: InflaterOptions): Promise<InflatedPart> {
  const { window, input, maxOutput } = inflation;
  const options: ZlibOptions = {
    windowBits,
    dictionary: window.bytes,
    finishFlush: constants.Z_SYNC_FLUSH,
    // zlib does not accept a limit of 0, and may then output one byte.
    maxOutputLength: Math.max(maxOutput, 1),
    info: true,
  };
  return new Promise((resolve, reject) => {
    inflateRaw(input, options, (error, result) => {
      if (error) return reject(inflation.faultOf(error));
      const { buffer: bytes, engine } = result as unknown as ZlibInfo;
      if (bytes.length > maxOutput) return reject(inflation.tooLong());
      return resolve({ bytes, unread: input.length - engine.bytesWritten });
    });
  });
}
