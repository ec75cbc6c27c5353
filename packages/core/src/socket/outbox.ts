import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ProtocolError } from '../errors.ts';
import { releaseChunk } from '../frame/output-slab.ts';
import type { ConnectionLimits } from '../limits.ts';
import type { Connection } from '../protocol/connection.ts';
import { gatherBatch } from './batch.ts';
import { countWaiting, type SlowSender } from './send-budget.ts';
import { slowPeer } from './slow-peer.ts';
import { atEndOfTurn } from './turn.ts';

/** Called when a message was handed to the transport, or with the error that kept it from that. */
export type SendCallback = (error?: Error | null) => void;

interface WaitingCallback {
  /** How many frames are written once its message is. */
  readonly after: number;
  readonly callback: SendCallback;
}

export type OutboxLimits = Pick<ConnectionLimits, 'highWaterMark' | 'maxTotalBufferedAmount' | 'sendTimeout'>;

/** Who is told of what becomes of the output: the WebSocket. */
export interface OutboxOwner {
  /** The bytes waiting are down to `highWaterMark`, after `schedule()` returned `false`. */
  onDrain(): void;
  /** The peer takes too little: the connection is to be destroyed. */
  onStuck(error: ProtocolError): void;
}

/** A Duplex that can tell when it has been idle; TCP and TLS sockets and HTTP/2 streams can. */
interface TimedDuplex extends Duplex {
  setTimeout?(milliseconds: number, callback: () => void): void;
}

export interface OutboxParts {
  readonly duplex: Duplex;
  readonly connection: Connection;
  readonly limits: OutboxLimits;
}

/**
 * When the next write is due. `idle`: there is nothing to write. `at-end-of-turn`: after all callbacks and promises of
 * this turn of the event loop. `at-end-of-read`: when all messages of the chunk that is being read are handled.
 */
type OutboxPace = 'idle' | 'at-end-of-turn' | 'at-end-of-read';

/**
 * Hands to the Duplex what the connection puts out. What the listeners of one read send leaves in one write at its end,
 * and all else that one turn of the event loop produces in one at the end of that: a reply need not wait for the turn,
 * which costs 7 % of the rate of short messages that come one by one.
 */
export class Outbox implements SlowSender {
  readonly #duplex: TimedDuplex;
  readonly #connection: Connection;
  readonly #limits: OutboxLimits;
  readonly #owner: OutboxOwner;
  #pace: OutboxPace = 'idle';
  #owesDrain = false;
  /** Whether the Duplex still had bytes to write when it was last looked at. */
  #isWaiting = false;
  #onTimeout: (() => void) | undefined;
  /** In the order of their messages. */
  #callbacks: WaitingCallback[] | undefined;
  #onWritten: SendCallback | undefined;

  constructor({ duplex, connection, limits }: OutboxParts, owner: OutboxOwner) {
    this.#duplex = duplex;
    this.#connection = connection;
    this.#limits = limits;
    this.#owner = owner;
  }

  /** Bytes that the transport has not taken yet. */
  get bufferedAmount(): number {
    return this.#connection.outputLength + this.#duplex.writableLength;
  }

  /**
   * Bytes that wait where they are more than `most`, else 0. A burst of one turn is written first, as it may just not
   * have had its chance.
   */
  excess(most: number): number {
    if (this.bufferedAmount <= most) return 0;
    this.flush();
    return this.bufferedAmount > most ? this.bufferedAmount : 0;
  }

  /**
   * Writes at the end of this turn; `callback` is called when that write is done.
   *
   * @returns `false` when more than `highWaterMark` waits, or has waited and not drained yet
   */
  schedule(callback?: SendCallback): boolean {
    if (callback !== undefined) (this.#callbacks ??= []).push({ after: this.#connection.framesSent, callback });
    if (this.#pace === 'idle') {
      this.#pace = 'at-end-of-turn';
      atEndOfTurn(this);
    }
    this.#owesDrain ||= this.bufferedAmount > this.#limits.highWaterMark;
    return !this.#owesDrain;
  }

  /** A chunk is about to be read: what is sent until `endRead()` leaves then. */
  beginRead(): void {
    if (this.#pace === 'idle') this.#pace = 'at-end-of-read';
  }

  endRead(): void {
    if (this.#pace === 'at-end-of-read') this.flush();
  }

  get maxTotalBufferedAmount(): number {
    return this.#limits.maxTotalBufferedAmount;
  }

  shed(total: number): void {
    const { maxTotalBufferedAmount } = this.#limits;
    this.#isWaiting = false;
    this.#owner.onStuck(
      slowPeer(`${total} bytes wait for all sockets, over maxTotalBufferedAmount ${maxTotalBufferedAmount}`),
    );
  }

  /** The Duplex is gone, and what waited with it. */
  dispose(): void {
    this.#watch();
  }

  /** Writes now what has gathered. */
  flush(): void {
    this.#pace = 'idle';
    const chunks = this.#connection.takeOutput();
    // A Pong waits while earlier bytes do, so that a peer that does not read has at most one coming.
    const pong = this.#duplex.writableLength === 0 ? this.#connection.takePong() : null;
    if (pong !== null) chunks.push(pong);
    if (chunks.length > 0) this.#write(chunks);
  }

  #write(chunks: readonly Uint8Array[]): void {
    const done = this.#whenWritten();
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
    if (isCopied || isHandedOver(this.#duplex)) for (const chunk of chunks) releaseChunk(chunk);
    this.#watch();
  }

  /** Looks at what the Duplex could not write yet: it counts for the process, and the peer has a time limit for it. */
  #watch(): void {
    const { writableLength } = this.#duplex;
    if (writableLength === 0 && !this.#isWaiting) return;
    const bytes = this.#duplex.destroyed ? 0 : writableLength;
    countWaiting(this, bytes);
    const isWaiting = bytes > 0;
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    this.#setTimeout(isWaiting ? this.#limits.sendTimeout : Infinity);
  }

  #setTimeout(delay: number): void {
    this.#onTimeout ??= (): void => {
      const { sendTimeout } = this.#limits;
      this.#owner.onStuck(slowPeer(`nothing has gone for sendTimeout ${sendTimeout} ms`));
    };
    // 0 is Node.js's word for no time limit.
    this.#duplex.setTimeout?.(delay === Infinity ? 0 : Math.max(1, delay), this.#onTimeout);
  }

  /** What is to be called when the frames taken so far are written: their callbacks, if any. */
  #whenWritten(): SendCallback {
    const onWritten = (this.#onWritten ??= (error) => this.#afterWrite(error));
    const callbacks = this.#callbacks;
    if (callbacks === undefined || callbacks.length === 0) return onWritten;
    const taken = this.#connection.framesTaken;
    const waiting = callbacks.findIndex(({ after }) => after > taken);
    const due = callbacks.splice(0, waiting < 0 ? callbacks.length : waiting);
    return (error) => {
      for (const { callback } of due) callback(error);
      onWritten(error);
    };
  }

  #afterWrite(error: Error | null | undefined): void {
    if (error) return;
    if (this.#isWaiting) this.#watch();
    if (this.#connection.owesPong) this.schedule();
    if (!this.#owesDrain || this.bufferedAmount > this.#limits.highWaterMark) return;
    this.#owesDrain = false;
    this.#owner.onDrain();
  }
}

/** Whether the system has copied all that was written: a TCP socket writes at once what the system has room for. */
function isHandedOver({ constructor, writableLength }: Duplex): boolean {
  return constructor === Socket && writableLength === 0;
}
