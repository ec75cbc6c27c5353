import { encodeFrame, encodeHeader, payloadLengthOf, writeFrame, type OutgoingFrame } from '../frame/frame-encoder.ts';
import { frameHeaderLength } from '../frame/frame-header.ts';
import type { Role } from '../role.ts';
import { extendRun, maxSlabFrame, type SlabRun } from '../frame/output-slab.ts';

/** Bytes from this length on are handed to the transport as they are: a copy would cost more than a further write. */
export const minUncopied = 64 * 1024;

/** The place of a frame that is still being made, in the order of what was sent. */
export interface Reservation {
  /** How many frames were sent before it. */
  readonly position: number;
  /** What it counts for while it is being made, in bytes. */
  readonly byteLength: number;
  /** `null` until it is there. */
  frame: Buffer | null;
}

/** Frames that wait to be written, in the order they were sent, though some are still being made. */
export class OutputQueue {
  readonly #role: Role;
  /** Everything before the run; `undefined` while empty. */
  #chunks: (Uint8Array | Reservation)[] | undefined;
  #run: SlabRun | null = null;
  #byteLength = 0;
  #pushed = 0;
  #taken = 0;
  #isHeld = false;

  constructor(role: Role) {
    this.#role = role;
  }

  /** Bytes that wait, those of frames in the making included. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Frames ever pushed, and frames ever taken. */
  get pushed(): number {
    return this.#pushed;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Adds a frame. Long bytes that need no mask are not copied: they are read until they are written. */
  push(frame: OutgoingFrame): void {
    const role = this.#role;
    const { payload } = frame;
    const payloadLength = payloadLengthOf(payload);
    const length = frameHeaderLength(payloadLength, role) + payloadLength;
    if (length > maxSlabFrame) {
      const isCopied = role === 'client' || typeof payload === 'string' || payloadLength < minUncopied;
      return this.pushEncoded(isCopied ? [encodeFrame(frame, role)] : [encodeHeader(frame, payloadLength), payload]);
    }
    const run = extendRun(this.#run, length);
    if (run !== this.#run) {
      this.#endRun();
      this.#run = run;
    }
    writeFrame(run.slab, run.end - length, { frame, payloadLength, role });
    this.#byteLength += length;
    this.#pushed++;
  }

  /** Adds a frame that is encoded already, whole or in pieces, as it is. */
  pushEncoded(pieces: readonly Uint8Array[]): void {
    this.#endRun();
    for (const piece of pieces) {
      this.#append(piece);
      this.#byteLength += piece.length;
    }
    this.#pushed++;
  }

  /** Keeps the place of a frame that is still being made: all that is pushed afterwards waits for it. */
  reserve(byteLength: number): Reservation {
    this.#endRun();
    const reservation: Reservation = { position: this.#pushed, byteLength, frame: null };
    this.#append(reservation);
    this.#byteLength += byteLength;
    this.#pushed++;
    this.#isHeld = true;
    return reservation;
  }

  fill(reservation: Reservation, frame: Buffer): void {
    if (!this.#isHeld) return;
    reservation.frame = frame;
    this.#byteLength += frame.length - reservation.byteLength;
  }

  /** Removes and returns what can be written: all, or what comes before the first frame that is still being made. */
  take(): Uint8Array[] {
    this.#endRun();
    const chunks = this.#chunks ?? [];
    if (this.#isHeld) return this.#takeReady(chunks);
    this.#chunks = undefined;
    this.#byteLength = 0;
    this.#taken = this.#pushed;
    return chunks as Uint8Array[];
  }

  /** Drops everything that waits, and what is still being made. */
  clear(): void {
    this.#run = null;
    this.#chunks = undefined;
    this.#byteLength = 0;
    this.#isHeld = false;
  }

  #takeReady(chunks: readonly (Uint8Array | Reservation)[]): Uint8Array[] {
    const ready: Uint8Array[] = [];
    for (const chunk of chunks) {
      const frame = chunk instanceof Uint8Array ? chunk : chunk.frame;
      if (frame === null) break;
      ready.push(frame);
      this.#byteLength -= frame.length;
    }
    const held = chunks.slice(ready.length);
    const [first] = held as Reservation[];
    this.#chunks = held;
    this.#isHeld = first !== undefined;
    this.#taken = first?.position ?? this.#pushed;
    return ready;
  }

  #endRun(): void {
    if (this.#run === null) return;
    const { slab, start, end } = this.#run;
    this.#append(slab.subarray(start, end));
    this.#run = null;
  }

  #append(chunk: Uint8Array | Reservation): void {
    (this.#chunks ??= []).push(chunk);
  }
}
