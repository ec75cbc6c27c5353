import { encodeFrame, encodeHeader, payloadLengthOf, writeFrame, type OutgoingFrame } from '../frame/frame-encoder.ts';
import { frameHeaderLength } from '../frame/frame-header.ts';
import type { Role } from '../role.ts';
import { repeatedFrame } from '../frame/repeated-frame.ts';
import { extendRun, maxSlabFrame, type SlabRun } from '../frame/output-slab.ts';

/** From this length on, bytes are passed to the transport uncopied: a copy would cost more than another write. */
export const minUncopied = 64 * 1024;

/** The place of a frame that is not ready yet, in sending order. */
export interface Reservation {
  /** How many frames were sent before it. */
  readonly position: number;
  /** The bytes that it counts for until it is ready. */
  readonly byteLength: number;
  /** `null` until it is ready. */
  frame: Buffer | null;
}

/** Frames to be written, in sending order, even if some are not ready yet. */
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

  /** Bytes in the queue, including those of frames that are not ready yet. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Frames pushed so far, and frames taken so far. */
  get pushed(): number {
    return this.#pushed;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Adds a frame. Long bytes that need no masking are not copied, so they must not change until they are written. */
  push(frame: OutgoingFrame): void {
    const role = this.#role;
    const { payload } = frame;
    const payloadLength = payloadLengthOf(payload);
    const length = frameHeaderLength(payloadLength, role) + payloadLength;
    if (length > maxSlabFrame) {
      const isCopied = role === 'client' || typeof payload === 'string' || payloadLength < minUncopied;
      return this.pushEncoded(isCopied ? [encodeFrame(frame, role)] : [encodeHeader(frame, payloadLength), payload]);
    }
    const repeated = role === 'server' ? repeatedFrame(frame, this) : null;
    if (repeated !== null) return this.pushEncoded([repeated]);
    const run = extendRun(this.#run, length);
    if (run !== this.#run) {
      this.#endRun();
      this.#run = run;
    }
    writeFrame(run.slab, run.end - length, { frame, payloadLength, role });
    this.#byteLength += length;
    this.#pushed++;
  }

  /** Adds a frame that is already encoded, whole or in pieces. */
  pushEncoded(pieces: readonly Uint8Array[]): void {
    this.#endRun();
    for (const piece of pieces) {
      this.#append(piece);
      this.#byteLength += piece.length;
    }
    this.#pushed++;
  }

  /** Reserves the place of a frame that is not ready yet: everything pushed afterwards waits for it. */
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

  /**
   * Removes and returns what can be written: everything, or everything before the first frame that is not ready yet.
   */
  take(): Uint8Array[] {
    this.#endRun();
    const chunks = this.#chunks ?? [];
    if (this.#isHeld) return this.#takeReady(chunks);
    this.#chunks = undefined;
    this.#byteLength = 0;
    this.#taken = this.#pushed;
    return chunks as Uint8Array[];
  }

  /** Drops everything, including frames that are not ready yet. */
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
