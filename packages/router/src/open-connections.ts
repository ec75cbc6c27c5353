import { HandshakeError, isValidCloseCode } from '@turnout/core';
import type { WebSocket } from '@turnout/core';
import type { PendingUpgrade } from './pending-upgrade.ts';

/** How an app's sockets are closed. */
export interface CloseOptions {
  /** The close code that clients get: 1000-1014 but 1004-1006, or 3000-4999. Default 1001, "going away". */
  readonly code?: number;
  /** How long, in ms, clients may take to say goodbye until they are cut off; `Infinity` for no limit. Default 5000. */
  readonly timeout?: number;
}

interface Drain {
  readonly code: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly timer: NodeJS.Timeout | undefined;
}

/** All that an app holds open: upgrades that are not answered yet, and live sockets. */
export class OpenConnections {
  readonly #pending = new Set<PendingUpgrade>();
  readonly #sockets = new Set<WebSocket>();
  #drain: Drain | undefined;
  /** One for all sockets: it finds the one that has closed as its `this`. */
  readonly #onClosed: (this: WebSocket) => void;

  constructor() {
    const settle = (socket: WebSocket): void => {
      this.#sockets.delete(socket);
      this.#settle();
    };
    this.#onClosed = function onClosed() {
      settle(this);
    };
  }

  get sockets(): ReadonlySet<WebSocket> {
    return this.#sockets;
  }

  get pending(): ReadonlySet<PendingUpgrade> {
    return this.#pending;
  }

  get isDraining(): boolean {
    return this.#drain !== undefined;
  }

  addPending(pending: PendingUpgrade): void {
    this.#pending.add(pending);
  }

  removePending(pending: PendingUpgrade): void {
    this.#pending.delete(pending);
    this.#settle();
  }

  /** Counts a socket until it is closed. Returns `false`, and closes it, while draining. */
  addSocket(socket: WebSocket): boolean {
    this.#sockets.add(socket);
    socket.on('close', this.#onClosed);
    if (this.#drain !== undefined) socket.close(this.#drain.code);
    return this.#drain === undefined;
  }

  /**
   * Refuses what is not answered yet, and closes what is open. A second call waits for the first.
   *
   * @returns a promise that resolves when all have gone
   * @throws {RangeError} on a code that may not be sent, or a timeout that is no delay
   */
  close({ code = 1001, timeout = 5_000 }: CloseOptions): Promise<void> {
    if (this.#drain !== undefined) return this.#drain.done;
    assertCloseOptions(code, timeout);
    let resolve!: () => void;
    const done = new Promise<void>((resolveDone) => (resolve = resolveDone));
    const timer = timeout === Infinity ? undefined : setTimeout(() => this.#cut(), timeout);
    this.#drain = { code, done, resolve, timer };
    for (const pending of this.#pending) pending.interrupt(drainingError());
    for (const socket of this.#sockets) socket.close(code);
    this.#settle();
    return done;
  }

  #cut(): void {
    for (const pending of this.#pending) pending.abort();
    for (const socket of this.#sockets) socket.terminate();
  }

  #settle(): void {
    if (this.#drain === undefined || this.#pending.size > 0 || this.#sockets.size > 0) return;
    clearTimeout(this.#drain.timer);
    this.#drain.resolve();
  }
}

/** Headers of a 503: when to try again, in seconds. */
export const retryLater: Readonly<Record<string, string>> = { 'Retry-After': '5' };

/** The answer to upgrades while an app closes. */
export function drainingError(): HandshakeError {
  return new HandshakeError('WS_ERR_HANDSHAKE_DRAINING', 503, 'The server is closing', retryLater);
}

function assertCloseOptions(code: number, timeout: number): void {
  if (!isValidCloseCode(code)) throw new RangeError(`Invalid close code: ${code} may not be sent`);
  if (timeout === Infinity || (timeout >= 0 && timeout < 2 ** 31)) return;
  throw new RangeError(`Invalid option timeout: expected 0 to ${2 ** 31 - 1} ms, or Infinity, got ${timeout}`);
}
