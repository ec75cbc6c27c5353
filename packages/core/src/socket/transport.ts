import type { Duplex } from 'node:stream';
import type { ConnectionLimits } from '../limits.ts';
import type { Connection, ConnectionEvent } from '../protocol/connection.ts';
import { Keepalive, type KeepaliveOwner } from './keepalive.ts';
import type { Outbox } from './outbox.ts';

/** Who drives a transport: the WebSocket. */
export interface TransportOwner {
  /** Whether the next event may be pulled; while it may not, TCP is held back. */
  isReady(): boolean;
  onEvent(event: ConnectionEvent): void;
  /** The Duplex is gone; called once, last. */
  onClosed(): void;
}

export type TransportLimits = Pick<ConnectionLimits, 'closeTimeout' | 'pingInterval' | 'pongTimeout'>;

export interface TransportParts {
  readonly duplex: Duplex;
  readonly connection: Connection;
  readonly outbox: Outbox;
  readonly limits: TransportLimits;
}

/** Carries bytes from a Duplex to a connection and pulls its events, and ends the Duplex when the connection has ended. */
export class Transport implements KeepaliveOwner {
  readonly #duplex: Duplex;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #limits: TransportLimits;
  readonly #keepalive: Keepalive | null;
  readonly #owner: TransportOwner;
  /** `null`, and flowing, until it has been set for the first time. */
  #isFlowing: boolean | null = null;
  #isInputEnded = false;
  #isClosed = false;
  #closeTimer: NodeJS.Timeout | undefined;

  /** Reading begins on the next tick, so that the code that makes the socket can add its listeners. */
  constructor({ duplex, connection, outbox, limits }: TransportParts, owner: TransportOwner) {
    this.#duplex = duplex;
    this.#connection = connection;
    this.#outbox = outbox;
    this.#limits = limits;
    this.#owner = owner;
    this.#keepalive = Keepalive.start(limits, this);
    (duplex as DrivenDuplex)[driving] = this;
    duplex.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get isListening(): boolean {
    return this.#isFlowing !== false;
  }

  ping(): void {
    this.#connection.ping();
    this.#outbox.schedule();
  }

  onSilent(): void {
    this.#connection.endOfStream(`No answer to a Ping within pongTimeout ${this.#limits.pongTimeout} ms`);
    this.destroy();
  }

  /** Pulls events while the owner is ready for them. */
  pull(): void {
    let event: ConnectionEvent | null = null;
    while (this.#owner.isReady()) {
      event = this.#connection.next();
      if (event === null) break;
      this.#owner.onEvent(event);
    }
    const isDrained = this.#owner.isReady() && !this.#connection.isInflating;
    if (isDrained !== this.#isFlowing) this.#setFlowing(isDrained);
    if (this.#connection.outputLength > 0 || this.#connection.owesPong) this.#outbox.schedule();
    if (isDrained && this.#isInputEnded) this.#endInput();
  }

  /** Cuts the connection off unless it has ended within `closeTimeout`. */
  startClosing(): void {
    const { closeTimeout } = this.#limits;
    this.#keepalive?.stop();
    if (this.#isClosed || this.#closeTimer !== undefined || closeTimeout === Infinity) return;
    this.#closeTimer = setTimeout(() => this.#duplex.destroy(), closeTimeout);
  }

  /** Writes what is left, then ends our side; the peer's end follows or is not waited for longer than `closeTimeout`. */
  end(): void {
    this.#outbox.flush();
    // Ended twice, it would make an error each time, with a stack trace.
    if (!this.#duplex.writableEnded) this.#duplex.end();
    this.startClosing();
  }

  destroy(): void {
    this.#duplex.destroy();
  }

  #setFlowing(isFlowing: boolean): void {
    this.#isFlowing = isFlowing;
    if (isFlowing) this.#duplex.resume();
    else this.#duplex.pause();
  }

  onData(chunk: Buffer): void {
    this.#keepalive?.hear();
    this.#connection.receive(chunk);
    this.#outbox.beginRead();
    this.pull();
    this.#outbox.endRead();
  }

  /** The peer sends no more. What it sent may still be unread: the end comes after that, or at the time limit. */
  onEnd(): void {
    this.#isInputEnded = true;
    this.startClosing();
    this.pull();
  }

  #endInput(): void {
    this.#connection.endOfStream();
    this.end();
  }

  onClose(): void {
    clearTimeout(this.#closeTimer);
    this.#keepalive?.stop();
    this.#outbox.dispose();
    this.#isClosed = true;
    this.#connection.endOfStream();
    this.#owner.onClosed();
  }
}

/** The same listeners for all Duplexes: four functions for each would be a tenth of what an idle socket takes. */
const driving = Symbol('transport');

interface DrivenDuplex extends Duplex {
  [driving]: Transport;
}

function onData(this: DrivenDuplex, chunk: Buffer): void {
  this[driving].onData(chunk);
}

function onEnd(this: DrivenDuplex): void {
  this[driving].onEnd();
}

function onError(this: DrivenDuplex): void {
  this.destroy();
}

function onClose(this: DrivenDuplex): void {
  this[driving].onClose();
}
