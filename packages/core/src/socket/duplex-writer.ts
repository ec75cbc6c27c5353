import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connection } from '../protocol/connection.ts';
import { gatherBatch } from './batch.ts';
import { unacknowledgedBytes } from './system-queue.ts';

/** Called when the transport has accepted the bytes, or with the error that prevented it. */
export type WriteCallback = (error?: Error | null) => void;

/**
 * How much the Duplex is given at a time, in bytes. A Duplex that reports the progress of a write, as TCP and TLS do,
 * gets enough to keep a fast peer busy; any other gets so little that its completed writes show whether a slow peer
 * accepts bytes.
 */
const maxWrite = 4 * 1024 * 1024;
const maxBlindWrite = 16 * 1024;

interface WriteQueue {
  readonly fd?: number;
  readonly writeQueueSize?: number;
}

/** What the streams of TCP and TLS report about the write in progress; Node.js's own socket timeout uses it too. */
interface DuplexWithHandle extends Duplex {
  readonly _handle?: (WriteQueue & { readonly _parent?: WriteQueue }) | null;
}

/**
 * Writes chunks to a Duplex as fast as its peer accepts them, and knows how many bytes have gone. The rest waits here,
 * not in the Duplex, which reports progress only per write.
 */
export class DuplexWriter {
  readonly #duplex: DuplexWithHandle;
  readonly #connection: Connection;
  /** Called after each write of a batch except the last. */
  readonly #onPart: WriteCallback;
  #chunks: readonly Uint8Array[] = [];
  #next = 0;
  /** Bytes of the next chunk that have already been written. */
  #offset = 0;
  #waiting = 0;
  #passed = 0;
  #unacknowledged = 0;
  #acknowledgements = 0;
  /** Our writes whose callback has not been called yet. */
  #writes = 0;
  #onBatch: WriteCallback;

  constructor(duplex: Duplex, connection: Connection, onPart: WriteCallback) {
    this.#duplex = duplex;
    this.#connection = connection;
    this.#onPart = onPart;
    this.#onBatch = onPart;
  }

  /** Bytes that the transport has not accepted yet. */
  get byteLength(): number {
    return this.#waiting + this.#duplex.writableLength;
  }

  /** Whether all bytes written have been accepted, so that the next batch may be written. */
  get isFree(): boolean {
    return this.#waiting === 0 && this.#isIdle;
  }

  /**
   * Whether no write of ours is in progress. Ours may follow those of others, such as the 101, because its callback
   * tells us when it is done.
   */
  get #isIdle(): boolean {
    return this.#writes === 0 || this.#duplex.writableLength === 0;
  }

  /** Call it from the callback of each write. */
  noteWritten(): void {
    this.#writes--;
  }

  /** Whether all bytes have at least been passed to the Duplex. */
  get isHandedOver(): boolean {
    return this.#waiting === 0;
  }

  /** Bytes passed to the Duplex so far. */
  get bytesPassed(): number {
    return this.#passed;
  }

  /** A number that changes whenever the system has accepted bytes, or {@link askSystem} found that the peer has. */
  get bytesGone(): number {
    return this.#passed - (this.#queue?.writeQueueSize ?? this.#duplex.writableLength) + this.#acknowledgements;
  }

  /** Finds out whether the peer has acknowledged bytes since the last call, although the system accepts no more yet. */
  async askSystem(): Promise<void> {
    const { fd } = this.#queue ?? {};
    if (fd === undefined) return;
    const length = (await unacknowledgedBytes(fd)) ?? 0;
    if (length < this.#unacknowledged) this.#acknowledgements++;
    this.#unacknowledged = length;
  }

  /** Writes a batch; only if {@link isFree}. @param done called when the transport has accepted all of it */
  write(chunks: readonly Uint8Array[], done: WriteCallback): void {
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    if (length <= maxBlindWrite || length <= this.#maxWrite) {
      const isCopied = this.#put(chunks, length, done);
      if (isCopied) for (const chunk of chunks) this.#connection.release(chunk);
      return;
    }
    this.#chunks = chunks;
    this.#next = 0;
    this.#offset = 0;
    this.#waiting = length;
    this.#onBatch = done;
    return this.writeOn();
  }

  /** Continues the batch, as far as the transport accepts it immediately. */
  writeOn(): void {
    while (this.#waiting > 0 && this.#isIdle && !this.#duplex.destroyed) {
      const pieces = this.#takePieces();
      let length = 0;
      for (const piece of pieces) length += piece.length;
      this.#waiting -= length;
      // Their memory is not released: a chunk may be in several pieces.
      this.#put(pieces, length, this.#waiting === 0 ? this.#endBatch() : this.#onPart);
    }
  }

  get #maxWrite(): number {
    return this.#queue?.writeQueueSize === undefined ? maxBlindWrite : maxWrite;
  }

  /** What the system has not accepted yet; under TLS it is the TCP connection's count that changes. */
  get #queue(): WriteQueue | null | undefined {
    const handle = this.#duplex._handle;
    return handle?._parent ?? handle;
  }

  /** Whole chunks, or a piece of a chunk that is too long. */
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
    const done = this.#onBatch;
    this.#chunks = [];
    this.#onBatch = this.#onPart;
    return done;
  }

  /** @returns whether the chunks have been copied, so that they will not be read again */
  #put(chunks: readonly Uint8Array[], length: number, done: WriteCallback): boolean {
    this.#passed += length;
    this.#writes++;
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
    return (batch !== null && batch !== chunks[0]) || hasCopied(this.#duplex);
  }
}

/**
 * Whether the system has copied all bytes written: a TCP socket immediately writes as much as the system has room for.
 */
function hasCopied({ constructor, writableLength }: Duplex): boolean {
  return constructor === Socket && writableLength === 0;
}
