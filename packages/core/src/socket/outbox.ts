import type { Duplex } from 'node:stream';
import type { Connection } from '../protocol/connection.ts';
import { atEndOfTurn } from './turn.ts';

/** Called when a message was handed to the transport, or with the error that kept it from that. */
export type SendCallback = (error?: Error | null) => void;

/** Up to here, copying a turn's frames together costs less than the system call that takes them apart. */
const maxCopied = 64 * 1024;

export interface OutboxOptions {
  /** Bytes waiting above which `schedule()` returns `false`. */
  readonly highWaterMark: number;
  /** Called when the bytes waiting are down to `highWaterMark` after that. */
  readonly onDrain: () => void;
}

/**
 * Hands to the Duplex what the connection puts out: all that one turn of the event loop produces leaves in one write.
 */
export class Outbox {
  readonly #duplex: Duplex;
  readonly #connection: Connection;
  readonly #options: OutboxOptions;
  #isScheduled = false;
  #owesDrain = false;
  #callbacks: SendCallback[] = [];

  constructor(duplex: Duplex, connection: Connection, options: OutboxOptions) {
    this.#duplex = duplex;
    this.#connection = connection;
    this.#options = options;
  }

  /** Bytes that the transport has not taken yet. */
  get bufferedAmount(): number {
    return this.#connection.outputLength + this.#duplex.writableLength;
  }

  /**
   * Writes at the end of this turn; `callback` is called when that write is done.
   *
   * @returns `false` when more than `highWaterMark` waits, or has waited and not drained yet
   */
  schedule(callback?: SendCallback): boolean {
    if (callback !== undefined) this.#callbacks.push(callback);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      atEndOfTurn(this);
    }
    this.#owesDrain ||= this.bufferedAmount > this.#options.highWaterMark;
    return !this.#owesDrain;
  }

  /** Writes now what has gathered. */
  flush(): void {
    this.#isScheduled = false;
    const frames = this.#connection.takeOutput();
    // A Pong waits while earlier bytes do, so that a peer that does not read has at most one coming.
    const pong = this.#duplex.writableLength === 0 ? this.#connection.takePong() : null;
    if (pong !== null) frames.push(pong);
    if (frames.length > 0) this.#write(frames);
  }

  #write(frames: Buffer[]): void {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    const done: SendCallback = (error) => {
      for (const callback of callbacks) callback(error);
      if (!error) this.#onWritten();
    };
    const length = frames.reduce((sum, frame) => sum + frame.length, 0);
    if (frames.length === 1 || length <= maxCopied) {
      this.#duplex.write(frames.length === 1 ? frames[0] : Buffer.concat(frames, length), done);
      return;
    }
    this.#duplex.cork();
    const last = frames.length - 1;
    for (let index = 0; index < last; index++) this.#duplex.write(frames[index]);
    this.#duplex.write(frames[last], done);
    this.#duplex.uncork();
  }

  #onWritten(): void {
    if (this.#connection.owesPong) this.schedule();
    if (!this.#owesDrain || this.bufferedAmount > this.#options.highWaterMark) return;
    this.#owesDrain = false;
    this.#options.onDrain();
  }
}
