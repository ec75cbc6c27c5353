import type { Duplex } from 'node:stream';
import type { ProtocolError } from '../errors.ts';
import type { ConnectionLimits } from '../limits.ts';
import type { Connection } from '../protocol/connection.ts';
import { unsentBudget, type ByteHolder } from './byte-budget.ts';
import { DuplexWriter, type WriteCallback } from './duplex-writer.ts';
import { SendError } from './send-error.ts';
import { slowPeer } from './slow-peer.ts';
import { StallWatch, type StallLimits, type WaitingOutput } from './stall-watch.ts';
import { atEndOfTurn } from './turn.ts';

/** Called when the transport has accepted a message, or with the error that prevented it. */
export type SendCallback = WriteCallback;

interface WaitingCallback {
  /** The count of frames taken at which its message has been taken. */
  readonly after: number;
  readonly callback: SendCallback;
}

export type OutboxLimits = StallLimits & Pick<ConnectionLimits, 'highWaterMark' | 'maxTotalBufferedAmount'>;

/** The WebSocket, which is informed about its output. */
export interface OutboxOwner {
  /** The unsent bytes are down to `highWaterMark`, after `schedule()` returned `false`. */
  onDrain(): void;
  /** The peer reads too slowly: the connection is to be destroyed. */
  onStuck(error: ProtocolError): void;
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

/** From this many bytes on, a turn's output is written before the turn ends, so that the system can start on it. */
const maxGathered = 256 * 1024;

/**
 * Moves the connection's output to the transport. Everything that listeners send during one read leaves in one write
 * when the read ends; everything else sent in a turn of the event loop leaves in one write when the turn ends. If
 * replies waited for the end of the turn too, short messages that arrive one by one would be 7 % slower.
 */
export class Outbox implements ByteHolder, WaitingOutput {
  readonly #duplex: Duplex;
  readonly #connection: Connection;
  readonly #limits: OutboxLimits;
  readonly #owner: OutboxOwner;
  readonly #writer: DuplexWriter;
  readonly #onWritten: SendCallback = (error) => this.#afterWrite(error);
  #pace: OutboxPace = 'idle';
  #owesDrain = false;
  #isEnding = false;
  /** Whether there were unsent bytes at the last check. */
  #isWaiting = false;
  #stallWatch: StallWatch | undefined;
  /** In the order of their messages. */
  #callbacks: WaitingCallback[] | undefined;
  #drainWaiters: ((isOpen: boolean) => void)[] | undefined;

  constructor({ duplex, connection, limits }: OutboxParts, owner: OutboxOwner) {
    this.#duplex = duplex;
    this.#connection = connection;
    this.#limits = limits;
    this.#owner = owner;
    this.#writer = new DuplexWriter(duplex, connection, this.#onWritten);
  }

  /** Bytes that the transport has not accepted yet. */
  get bufferedAmount(): number {
    return this.#connection.outputLength + this.#writer.byteLength;
  }

  get heldBytes(): number {
    return this.#isWaiting ? this.bufferedAmount : 0;
  }

  get bytesGone(): number {
    return this.#writer.bytesGone;
  }

  askSystem(): Promise<void> {
    return this.#writer.askSystem();
  }

  /** Bytes passed to the transport so far. */
  get bytesPassed(): number {
    return this.#writer.bytesPassed;
  }

  /** Whether there are bytes that the peer has not accepted. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Resolves with `true` once at most `highWaterMark` bytes are unsent, with `false` after {@link stop}. */
  drained(): Promise<boolean> {
    if (!this.#owesDrain) return Promise.resolve(true);
    return new Promise((resolve) => (this.#drainWaiters ??= []).push(resolve));
  }

  /** Nothing more may be sent. What has been sent is still written. */
  stop(): void {
    this.#settleDrained(false);
  }

  /**
   * Writes at the end of this turn; `callback` is called when that write is done.
   *
   * @returns `false` if more than `highWaterMark` is unsent, or was and has not drained yet
   */
  schedule(callback?: SendCallback): boolean {
    if (callback !== undefined) (this.#callbacks ??= []).push({ after: this.#connection.framesSent, callback });
    if (this.#pace === 'idle') {
      this.#pace = 'at-end-of-turn';
      atEndOfTurn(this);
    }
    const { outputLength } = this.#connection;
    if (outputLength > maxGathered && this.#writer.isFree) this.#writeNext();
    this.#owesDrain ||= this.bufferedAmount > this.#limits.highWaterMark;
    return !this.#owesDrain;
  }

  /** A chunk is about to be read: what is sent before `endRead()` leaves then. */
  beginRead(): void {
    if (this.#pace === 'idle') this.#pace = 'at-end-of-read';
  }

  endRead(): void {
    if (this.#pace === 'at-end-of-read') this.flush();
  }

  /** Writes the gathered output now, unless an earlier write is still in progress. */
  flush(): void {
    this.#pace = 'idle';
    if (this.#writer.isFree) this.#writeNext();
    this.#endDuplex();
    this.#watch();
  }

  /** Writes everything that was sent, then ends the Duplex. */
  end(): void {
    this.#isEnding = true;
    this.flush();
  }

  /** The Duplex has closed, and unsent output is lost: calls the callbacks with the error. */
  dispose(): void {
    this.#setWaiting(false);
    this.#stallWatch?.stop();
    unsentBudget.forget(this);
    this.stop();
    if (!this.#callbacks?.length) return;
    this.#settle(Infinity, new SendError('WS_ERR_NOT_SENT', 'Message not sent: the connection has ended'));
  }

  onStalled(error: ProtocolError): void {
    this.#giveUp(error);
  }

  shed(total: number): void {
    const { maxTotalBufferedAmount } = this.#limits;
    this.#giveUp(
      slowPeer(`${total} bytes are unsent for all sockets, over maxTotalBufferedAmount ${maxTotalBufferedAmount}`),
    );
  }

  #giveUp(error: ProtocolError): void {
    this.#setWaiting(false);
    this.#owner.onStuck(error);
  }

  #writeNext(): void {
    const chunks = this.#connection.takeOutput();
    const pong = this.#connection.takePong();
    if (pong !== null) chunks.push(pong);
    if (chunks.length > 0) this.#writer.write(chunks, this.#whenWritten());
  }

  /** Ends our side once there is nothing left to write. */
  #endDuplex(): void {
    if (!this.#isEnding || this.#connection.outputLength > 0 || !this.#writer.isHandedOver) return;
    // Ending it again would create an error with a stack trace each time.
    if (!this.#duplex.writableEnded) this.#duplex.end();
  }

  /** Accounts for what the peer has not accepted yet: it counts for the process, and starts the peer's time limit. */
  #watch(): void {
    const isWaiting = !this.#writer.isFree && !this.#duplex.destroyed;
    if (!isWaiting && !this.#isWaiting) return;
    this.#setWaiting(isWaiting);
    const { maxTotalBufferedAmount } = this.#limits;
    if (unsentBudget.count(this, maxTotalBufferedAmount)) relieveSoon(maxTotalBufferedAmount);
  }

  #setWaiting(isWaiting: boolean): void {
    if (isWaiting === this.#isWaiting) return;
    this.#isWaiting = isWaiting;
    this.#connection.isTransportFree = !isWaiting;
    if (!isWaiting) return;
    this.#stallWatch ??= new StallWatch(this.#limits, this);
    this.#stallWatch.start();
  }

  /** Returns what to call when the frames taken so far have been written. */
  #whenWritten(): SendCallback {
    if (this.#callbacks === undefined || this.#callbacks.length === 0) return this.#onWritten;
    const taken = this.#connection.framesTaken;
    return (error) => {
      this.#settle(taken, error);
      this.#afterWrite(error);
    };
  }

  /** Calls the callbacks of the messages that have been written. */
  #settle(taken: number, error: Error | null | undefined): void {
    const callbacks = this.#callbacks;
    if (callbacks === undefined || callbacks.length === 0) return;
    const waiting = callbacks.findIndex(({ after }) => after > taken);
    const due = callbacks.splice(0, waiting < 0 ? callbacks.length : waiting);
    for (const { callback } of due) callback(error);
  }

  #afterWrite(error: Error | null | undefined): void {
    this.#writer.noteWritten();
    // The common case: no unsent bytes, and nobody waits for the drain.
    if (error || (!this.#isWaiting && !this.#owesDrain)) return;
    this.#writer.writeOn();
    if (this.#writer.isFree && (this.#connection.outputLength > 0 || this.#connection.owesPong)) this.#writeNext();
    this.#endDuplex();
    this.#watch();
    if (!this.#owesDrain || this.bufferedAmount > this.#limits.highWaterMark) return;
    this.#owesDrain = false;
    this.#settleDrained(true);
    this.#owner.onDrain();
  }

  #settleDrained(isOpen: boolean): void {
    for (const resolve of this.#drainWaiters?.splice(0) ?? []) resolve(isOpen);
  }
}

/** Output over the limit may still leave in this turn: the sockets are judged after its I/O. */
let limitToMeet = Infinity;

function relieveSoon(limit: number): void {
  if (limitToMeet === Infinity) setImmediate(relieve);
  limitToMeet = Math.min(limitToMeet, limit);
}

function relieve(): void {
  const limit = limitToMeet;
  limitToMeet = Infinity;
  unsentBudget.relieve(limit);
}
