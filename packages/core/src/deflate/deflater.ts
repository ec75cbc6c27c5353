import { constants, createDeflateRaw, deflateRaw, type DeflateRaw, type ZlibOptions } from 'node:zlib';
import { deflateCodec } from './codec.ts';
import type { DeflateSettings } from './deflate-settings.ts';
import type { JobLimiter } from './job-limiter.ts';

/** Messages of at most this many bytes are deflated synchronously: a thread would cost more. */
const maxSync = 8 * 1024;

/** Ends each message on a byte boundary, and is not sent (RFC 7692 §7.2.1). */
const tailLength = 4;

export interface DeflaterOptions {
  readonly windowBits: number;
  /** Whether each message may refer to those before it (RFC 7692 §7.1.1). */
  readonly keepsContext: boolean;
}

/** Compresses the messages of one socket, in the order that it is given them (RFC 7692 §7.2.1). */
export class Deflater {
  readonly settings: DeflateSettings;
  readonly windowBits: number;
  readonly keepsContext: boolean;
  #context: DeflateContext | null = null;

  constructor(settings: DeflateSettings, { windowBits, keepsContext }: DeflaterOptions) {
    this.settings = settings;
    this.windowBits = windowBits;
    this.keepsContext = keepsContext;
  }

  /**
   * The compressed payload: at once for a short message without context, as a view that is valid until the next call;
   * else off the event loop, as a promise that does not reject.
   */
  deflate(payload: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { jobs } = this.settings;
    if (this.keepsContext) {
      this.#context ??= new DeflateContext(zlibOptions(this));
      return this.#context.deflate(payload, jobs);
    }
    return payload.length <= maxSync
      ? withoutTail(deflateCodec(zlibOptions(this)).run([payload], Infinity).bytes)
      : jobs.run(() => deflateAside(payload, zlibOptions(this)));
  }

  /** Frees the context. */
  dispose(): void {
    this.#context?.dispose();
    this.#context = null;
  }
}

function zlibOptions({ settings, windowBits }: Deflater): ZlibOptions {
  const { level, memLevel } = settings;
  return { level, memLevel, windowBits, finishFlush: constants.Z_SYNC_FLUSH };
}

function withoutTail(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length - tailLength);
}

function deflateAside(payload: Uint8Array, options: ZlibOptions): Promise<Uint8Array> {
  return new Promise((resolve) => {
    // With valid options and bytes, deflating cannot fail.
    deflateRaw(payload, options, (_error, bytes) => resolve(withoutTail(bytes)));
  });
}

/** A compressor that goes on from message to message. */
class DeflateContext {
  readonly #stream: DeflateRaw;
  #chunks: Buffer[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ZlibOptions) {
    this.#stream = createDeflateRaw(options).on('data', (chunk: Buffer) => this.#chunks.push(chunk));
  }

  deflate(payload: Uint8Array, jobs: JobLimiter): Promise<Uint8Array> {
    const result = this.#last.then(() => jobs.run(() => this.#deflateNow(payload)));
    this.#last = result;
    return result;
  }

  dispose(): void {
    this.#stream.close();
  }

  #deflateNow(payload: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve) => {
      // After dispose() nobody needs the result, but the jobs behind it wait for it to end.
      if (this.#stream.destroyed) return resolve(Buffer.alloc(0));
      this.#stream.write(payload);
      return this.#stream.flush(constants.Z_SYNC_FLUSH, () => {
        const chunks = this.#chunks;
        this.#chunks = [];
        resolve(withoutTail(Buffer.concat(chunks)));
      });
    });
  }
}
