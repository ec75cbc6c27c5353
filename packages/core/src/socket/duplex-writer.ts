import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from '../protocol/connection.ts';
import { gatherBatch } from './batch.ts';

/** Called when bytes were handed to the transport, or with the error that kept them from that. */
export type WriteCallback = (error?: Error | null) => void;

/**
 * How much is handed to the Duplex at a time, in bytes. One that tells how far it is with a write, as TCP and TLS do, gets
 * as much as keeps a fast peer busy; any other little enough to see by its writes that a slow peer moves.
 */
const maxWrite = 4 * 1024 * 1024;
const maxBlindWrite = 16 * 1024;

/** What the streams of TCP and TLS can tell of the write in progress; Node.js's own time-out looks at it too. */
interface DuplexWithHandle extends Duplex {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/**
 * Hands chunks to a Duplex as fast as its peer takes them, and knows how many bytes have gone. What does not fit waits
 * here and not in the Duplex, which tells of its progress only write by write.
 */
export class DuplexWriter {
  readonly #duplex: DuplexWithHandle;
  readonly #connection: Connection;
  /** Called after each write but the last of a batch. */
  readonly #onPart: WriteCallback;
  #chunks: readonly Uint8Array[] = [];
  #next = 0;
  /** Bytes of the chunk that is next which were handed on already. */
  #offset = 0;
  #waiting = 0;
  #passed = 0;
  #onBatch: WriteCallback | undefined;

  constructor(duplex: Duplex, connection: Connection, onPart: WriteCallback) {
    this.#duplex = duplex;
    this.#connection = connection;
    this.#onPart = onPart;
  }

  /** Bytes that the transport has not taken yet. */
  get byteLength(): number {
    return this.#waiting + this.#duplex.writableLength;
  }

  /** Whether all that was written has been taken, so that the next batch may be. */
  get isFree(): boolean {
    return this.#waiting === 0 && this.#duplex.writableLength === 0;
  }

  /** Whether all that was written has at least been handed to the Duplex. */
  get isHandedOver(): boolean {
    return this.#waiting === 0;
  }

  /** Bytes that were ever handed to the Duplex. */
  get bytesPassed(): number {
    return this.#passed;
  }

  /** A number that changes whenever the system has taken bytes. */
  get bytesGone(): number {
    return this.#passed - (this.#duplex._handle?.writeQueueSize ?? this.#duplex.writableLength);
  }

  /** Writes a batch; only where {@link isFree}. @param done called when the transport has taken all of it */
  write(chunks: readonly Uint8Array[], done: WriteCallback): void {
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    if (length <= maxBlindWrite || length <= this.#maxWrite) return this.#put(chunks, length, done);
    this.#chunks = chunks;
    this.#next = 0;
    this.#offset = 0;
    this.#waiting = length;
    this.#onBatch = done;
    return this.writeOn();
  }

  /** Goes on with the batch, as far as the transport takes it at once. */
  writeOn(): void {
    while (this.#waiting > 0 && this.#duplex.writableLength === 0 && !this.#duplex.destroyed) {
      const pieces = this.#takePieces();
      let length = 0;
      for (const piece of pieces) length += piece.length;
      this.#waiting -= length;
      this.#put(pieces, length, this.#waiting === 0 ? this.#endBatch() : this.#onPart);
    }
  }

  get #maxWrite(): number {
    return this.#duplex._handle?.writeQueueSize === undefined ? maxBlindWrite : maxWrite;
  }

  /** Whole chunks, or a piece of one that is too long. */
  #takePieces(): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let room = this.#maxWrite;
    for (let chunk = this.#chunks[this.#next]; chunk !== undefined; chunk = this.#chunks[++this.#next]) {
      const rest = chunk.length - this.#offset;
      if (rest > room && pieces.length > 0) break;
      if (rest > room) {
        pieces.push(chunk.subarray(this.#offset, this.#offset + room));
        this.#offset += room;
        break;
      }
      pieces.push(this.#offset === 0 ? chunk : chunk.subarray(this.#offset));
      this.#offset = 0;
      room -= rest;
    }
    return pieces;
  }

  #endBatch(): WriteCallback {
    const done = this.#onBatch ?? this.#onPart;
    this.#chunks = [];
    this.#onBatch = undefined;
    return done;
  }

  #put(chunks: readonly Uint8Array[], length: number, done: WriteCallback): void {
    this.#passed += length;
    const batch = gatherBatch(chunks);
    if (batch !== null) {
      this.#duplex.write(batch, done);
    } else {
      this.#duplex.cork();
      const last = chunks.length - 1;
      for (let index = 0; index < last; index++) this.#duplex.write(chunks[index]);
      this.#duplex.write(chunks[last], done);
      this.#duplex.uncork();
    }
    const isCopied = batch !== null && batch !== chunks[0];
    if (isCopied || hasCopied(this.#duplex)) for (const chunk of chunks) this.#connection.release(chunk);
  }
}

/** Whether the system has copied all that was written: a TCP socket writes at once what the system has room for. */
function hasCopied({ constructor, writableLength }: Duplex): boolean {
  return constructor === Socket && writableLength === 0;
}
