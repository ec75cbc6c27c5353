import type { Duplex } from 'node:stream';
import type { Connection, ConnectionEvent } from '../protocol/connection.ts';
import type { Outbox } from './outbox.ts';

/** Who drives a transport: the WebSocket. */
export interface TransportOwner {
  /** Whether the next event may be pulled; while it may not, TCP is held back. */
  isReady(): boolean;
  onEvent(event: ConnectionEvent): void;
  /** The Duplex is gone; called once, last. */
  onClosed(): void;
}

export interface TransportParts {
  readonly duplex: Duplex;
  readonly connection: Connection;
  readonly outbox: Outbox;
  /** How long, in ms, a connection that is being closed may take until it is cut. */
  readonly closeTimeout: number;
}

/** Carries bytes from a Duplex to a connection and pulls its events, and ends the Duplex when the connection has ended. */
export class Transport {
  readonly #duplex: Duplex;
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #closeTimeout: number;
  readonly #owner: TransportOwner;
  /** `null` until it has been set for the first time. */
  #isFlowing: boolean | null = null;
  #isInputEnded = false;
  #isClosed = false;
  #closeTimer: NodeJS.Timeout | undefined;

  /** Reading begins on the next tick, so that the code that makes the socket can add its listeners. */
  constructor({ duplex, connection, outbox, closeTimeout }: TransportParts, owner: TransportOwner) {
    this.#duplex = duplex;
    this.#connection = connection;
    this.#outbox = outbox;
    this.#closeTimeout = closeTimeout;
    this.#owner = owner;
    duplex
      .on('data', (chunk: Buffer) => this.#onData(chunk))
      .on('end', () => this.#onEnd())
      .on('error', () => duplex.destroy())
      .on('close', () => this.#onClose());
  }

  get isClosed(): boolean {
    return this.#isClosed;
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
    if (this.#isClosed || this.#closeTimer !== undefined || this.#closeTimeout === Infinity) return;
    this.#closeTimer = setTimeout(() => this.#duplex.destroy(), this.#closeTimeout);
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

  #onData(chunk: Buffer): void {
    this.#connection.receive(chunk);
    this.#outbox.beginRead();
    this.pull();
    this.#outbox.endRead();
  }

  /** The peer sends no more. What it sent may still be unread: the end comes after that, or at the time limit. */
  #onEnd(): void {
    this.#isInputEnded = true;
    this.startClosing();
    this.pull();
  }

  #endInput(): void {
    this.#connection.endOfStream();
    this.end();
  }

  #onClose(): void {
    clearTimeout(this.#closeTimer);
    this.#isClosed = true;
    this.#connection.endOfStream();
    this.#owner.onClosed();
  }
}
