import { HandshakeError } from '@turnout/core';
import type { WebSocket } from '@turnout/core';
import { longestDelay } from '@turnout/core/options';
import type { CloseSettings } from './close-options.ts';
import { closeByOrder, DisconnectOrders } from '../upgrade/disconnect-orders.ts';
import type { DisconnectOrder } from '../upgrade/disconnect-orders.ts';
import type { PendingUpgrade } from '../upgrade/pending-upgrade.ts';

interface Drain {
  readonly code: number;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  /** Closes what is still open, bit by bit. */
  closing: NodeJS.Timeout | undefined;
  /** Cuts off what has not gone. */
  cutting: NodeJS.Timeout | undefined;
}

/** How often, in ms, a part of the sockets is closed. */
const closingInterval = 50;

/** All that an app holds open: upgrades that are not answered yet, live sockets, and handlers that still run. */
export class OpenConnections {
  readonly #pending = new Set<PendingUpgrade>();
  readonly #sockets = new Set<WebSocket>();
  readonly #orders = new DisconnectOrders();
  #handlerCount = 0;
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

  /** The sockets of a user, over all sessions. */
  socketsOf(user: string): WebSocket[] {
    return [...this.#sockets].filter((socket) => socket.user === user);
  }

  /**
   * Closes all sockets of a user; upgrades of theirs that are not answered yet are refused, or closed as they open.
   *
   * @returns how many sockets
   */
  disconnect(user: string, order: DisconnectOrder): number {
    if (this.#pending.size > 0) this.#orders.add(user, order);
    const sockets = this.socketsOf(user);
    for (const socket of sockets) closeByOrder(socket, order);
    return sockets.length;
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
    pending.heed(this.#orders);
  }

  removePending(pending: PendingUpgrade): void {
    this.#pending.delete(pending);
    const [oldest] = this.#pending;
    this.#orders.forgetUntil(oldest?.ordersBefore ?? Infinity);
    this.#settle();
  }

  /** Counts a socket until it is closed. Returns `false`, and closes it, while draining. */
  addSocket(socket: WebSocket): boolean {
    this.#sockets.add(socket);
    socket.on('close', this.#onClosed);
    if (this.#drain !== undefined) socket.close(this.#drain.code);
    return this.#drain === undefined;
  }

  /** Counts a handler until it has returned and its promise has settled. */
  addHandler(): void {
    this.#handlerCount++;
  }

  removeHandler(): void {
    this.#handlerCount--;
    this.#settle();
  }

  /**
   * Refuses what is not answered yet, and closes what is open. A second call waits for the first.
   *
   * @returns a promise that resolves when all have gone
   */
  close({ code, window, timeout }: CloseSettings): Promise<void> {
    if (this.#drain !== undefined) return this.#drain.done;
    let resolve!: () => void;
    const done = new Promise<void>((resolveDone) => (resolve = resolveDone));
    const drain: Drain = { code, done, resolve, closing: undefined, cutting: undefined };
    this.#drain = drain;
    for (const pending of this.#pending) pending.interrupt(drainingError());
    this.#closeOver(drain, window);
    if (timeout !== Infinity) drain.cutting = setTimeout(() => this.#cut(), Math.min(window + timeout, longestDelay));
    this.#settle();
    return done;
  }

  #closeOver(drain: Drain, window: number): void {
    const open = [...this.#sockets];
    const start = performance.now();
    let closed = 0;
    const closeNext = (): void => {
      const part = window === 0 ? 1 : (performance.now() - start + closingInterval) / window;
      const due = Math.min(open.length, Math.ceil(open.length * part));
      while (closed < due) open[closed++]!.close(drain.code);
      if (closed === open.length) clearInterval(drain.closing);
    };
    drain.closing = setInterval(closeNext, closingInterval);
    closeNext();
  }

  #cut(): void {
    for (const pending of this.#pending) pending.abort();
    for (const socket of this.#sockets) socket.terminate();
    // A handler that does not return holds nobody up for longer.
    this.#handlerCount = 0;
    this.#settle();
  }

  #settle(): void {
    const isBusy = this.#pending.size > 0 || this.#sockets.size > 0 || this.#handlerCount > 0;
    if (this.#drain === undefined || isBusy) return;
    clearInterval(this.#drain.closing);
    clearTimeout(this.#drain.cutting);
    this.#drain.resolve();
  }
}

/** Headers of a 503 or 429: when to try again, in seconds. */
export const retryLater: Readonly<Record<string, string>> = { 'Retry-After': '5' };

/** The answer to upgrades while an app closes. */
export function drainingError(): HandshakeError {
  return new HandshakeError('WS_ERR_HANDSHAKE_DRAINING', 503, 'The server is closing', retryLater);
}
