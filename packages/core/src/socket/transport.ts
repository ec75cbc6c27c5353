import type { Duplex } from 'node:stream';
import type { ConnectionLimits } from '../limits.ts';
import type { Connection } from '../protocol/connection.ts';
import { Keepalive, type KeepaliveOwner } from './keepalive.ts';
import type { Outbox } from './outbox.ts';

export type TransportLimits = Pick<ConnectionLimits, 'closeTimeout' | 'pingInterval' | 'pongTimeout'>;

export interface TransportParts {
  readonly duplex: Duplex;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly limits: TransportLimits;
}

/**
 * A Ping or Close frame waits in the system's buffers behind earlier bytes. The peer gets one second per this many
 * bytes, up to the size of those buffers.
 */
const bytesForSecond = 64 * 1024;
const maxBytesAhead = 8 * 1024 * 1024;

/**
 * How often a peer is checked within `closeTimeout`: what the system reports of one that moves slowly shows it the
 * second time.
 */
const checksOfClose = 2;

/** Owns the Duplex: whether it is read, whether its peer is still alive, and how it ends. */
export class Transport implements KeepaliveOwner {
  readonly duplex: Duplex;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #limits: TransportLimits;
  readonly #keepalive: Keepalive | null;
  /** `null`, which means flowing, until first set. */
  #isFlowing: boolean | null = null;
  #isClosed = false;
  #closeTimer: NodeJS.Timeout | undefined;
  /** How long, in ms, no bytes have moved since the connection began to end, and the output's progress at that time. */
  #stillFor = 0;
  #bytesGone = 0;
  #bytesPassedAtPing = 0;

  constructor({ duplex, connection, outbox, limits }: TransportParts) {
    this.duplex = duplex;
    this.#connection = connection;
    this.#outbox = outbox;
    this.#limits = limits;
    this.#keepalive = Keepalive.start(limits, this);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isListening(): boolean {
    return this.#isFlowing !== false && !this.#outbox.isWaiting;
  }

  get busyTime(): number {
    const bytesAhead = Math.min(this.#outbox.bytesPassed - this.#bytesPassedAtPing, maxBytesAhead);
    return Math.floor(bytesAhead / bytesForSecond) * 1_000;
  }

  ping(): void {
    this.#bytesPassedAtPing = this.#outbox.bytesPassed;
    this.#connection.ping();
    this.#outbox.schedule();
  }

  onSilent(): void {
    this.#connection.endOfStream(`No answer to a Ping within pongTimeout ${this.#limits.pongTimeout} ms`);
    this.destroy();
  }

  /** Bytes have arrived. */
  hear(): void {
    this.#keepalive?.hear();
  }

  /** Sets whether to read the Duplex. */
  setFlowing(isFlowing: boolean): void {
    if (isFlowing === this.#isFlowing) return;
    this.#isFlowing = isFlowing;
    if (isFlowing) this.duplex.resume();
    else this.duplex.pause();
  }

  /** The connection should end: it is destroyed if no bytes move for `closeTimeout`. */
  startClosing(): void {
    const { closeTimeout } = this.#limits;
    this.#keepalive?.stop();
    if (this.#isClosed || this.#closeTimer !== undefined || closeTimeout === Infinity) return;
    this.#bytesGone = this.#outbox.bytesGone;
    this.#stillFor = 0;
    this.#startCloseTimer();
  }

  /**
   * Writes the rest, then ends our side; waits for the peer's end for at most `closeTimeout`.
   */
  end(): void {
    this.#outbox.end();
    this.startClosing();
  }

  destroy(): void {
    this.duplex.destroy();
  }

  /** The Duplex has closed. */
  dispose(): void {
    clearTimeout(this.#closeTimer);
    this.#keepalive?.stop();
    this.#isClosed = true;
    this.#outbox.dispose();
    this.#connection.dispose();
  }

  #startCloseTimer(): void {
    const onTimeout = (): void => void this.#checkClosing();
    this.#closeTimer = setTimeout(() => setImmediate(onTimeout), this.#limits.closeTimeout / checksOfClose);
  }

  /** Waits for a peer that still accepts what was sent before the Close frame. */
  async #checkClosing(): Promise<void> {
    const outbox = this.#outbox;
    if (outbox.isWaiting) await outbox.askSystem();
    const { closeTimeout } = this.#limits;
    const hasMoved = outbox.bytesGone !== this.#bytesGone;
    this.#bytesGone = outbox.bytesGone;
    this.#stillFor = hasMoved ? 0 : this.#stillFor + closeTimeout / checksOfClose;
    const patience = outbox.isWaiting ? closeTimeout : Math.max(closeTimeout, this.busyTime);
    if (this.#isClosed || this.#stillFor >= patience) this.destroy();
    else this.#startCloseTimer();
  }
}
