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

/** Called when a message was handed to the transport, or with the error that kept it from that. */
export type SendCallback = WriteCallback;

interface WaitingCallback {
  /** How many frames are taken once its message is. */
  readonly after: number;
  readonly callback: SendCallback;
}

export type OutboxLimits = StallLimits & Pick<ConnectionLimits, 'highWaterMark' | 'maxTotalBufferedAmount'>;

/** Who is told of what becomes of the output: the WebSocket. */
export interface OutboxOwner {
  /** The bytes waiting are down to `highWaterMark`, after `schedule()` returned `false`. */
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
 * when the read ends; all else sent in a turn of the event loop leaves in one write when the turn ends. Waiting for the
 * turn would cost replies 7 % of the rate of short messages that arrive one by one.
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
  /** Whether bytes waited for the peer when that was last looked at. */
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

  /** Bytes that the transport has not taken yet. */
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

  /** Bytes that were ever handed to the transport. */
  get bytesPassed(): number {
    return this.#writer.bytesPassed;
  }

  /** Whether bytes wait for the peer to take them. */
  get isWaiting(): boolean {
    return this.#isWaiting;
  }

  /** Resolves with `true` when at most `highWaterMark` waits, with `false` after {@link stop}. */
  drained(): Promise<boolean> {
    if (!this.#owesDrain) return Promise.resolve(true);
    return new Promise((resolve) => (this.#drainWaiters ??= []).push(resolve));
  }

  /** Nothing more may be sent. What was sent is still written. */
  stop(): void {
    this.#settleDrained(false);
  }

  /**
   * Writes at the end of this turn; `callback` is called when that write is done.
   *
   * @returns `false` where more than `highWaterMark` waits, or has waited and not drained yet
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

  /** A chunk is about to be read: what is sent until `endRead()` leaves then. */
  beginRead(): void {
    if (this.#pace === 'idle') this.#pace = 'at-end-of-read';
  }

  endRead(): void {
    if (this.#pace === 'at-end-of-read') this.flush();
  }

  /** Writes now what has gathered, unless the peer has still to take what was written before. */
  flush(): void {
    this.#pace = 'idle';
    if (this.#writer.isFree) this.#writeNext();
    this.#endDuplex();
    this.#watch();
  }

  /** Writes all that was sent, then ends the Duplex. */
  end(): void {
    this.#isEnding = true;
    this.flush();
  }

  /** The Duplex is gone, and with it what waited: the callbacks are told so. */
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
      slowPeer(`${total} bytes wait for all sockets, over maxTotalBufferedAmount ${maxTotalBufferedAmount}`),
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
    // Ended twice, it would make an error each time, with a stack trace.
    if (!this.#duplex.writableEnded) this.#duplex.end();
  }

  /** Looks at what the peer has not taken yet: it counts for the process, and the peer has a time limit for it. */
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

  /** What is to be called when the frames taken so far are written. */
  #whenWritten(): SendCallback {
    if (this.#callbacks === undefined || this.#callbacks.length === 0) return this.#onWritten;
    const taken = this.#connection.framesTaken;
    return (error) => {
      this.#settle(taken, error);
      this.#afterWrite(error);
    };
  }

  /** Calls the callbacks of the messages that are written. */
  #settle(taken: number, error: Error | null | undefined): void {
    const callbacks = this.#callbacks;
    if (callbacks === undefined || callbacks.length === 0) return;
    const waiting = callbacks.findIndex(({ after }) => after > taken);
    const due = callbacks.splice(0, waiting < 0 ? callbacks.length : waiting);
    for (const { callback } of due) callback(error);
  }

  #afterWrite(error: Error | null | undefined): void {
    this.#writer.noteWritten();
    // Nothing waits, and nobody waits for that: the common case.
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

/** What is over the limit may still go once the system is asked: the sockets are judged after the I/O of this turn. */
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
