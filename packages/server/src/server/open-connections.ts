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
  /** Closes the sockets that are still open, a few at a time. */
  closing: NodeJS.Timeout | undefined;
  /** Cuts off what is still open. */
  cutting: NodeJS.Timeout | undefined;
}

/** Interval in ms at which some of the sockets are closed. */
const closingInterval = 50;

/** Everything that an app holds open: pending upgrades, open sockets, and running handlers. */
export class OpenConnections {
  readonly #pending = new Set<PendingUpgrade>();
  readonly #sockets = new Set<WebSocket>();
  /** When the sockets of users opened, in ms, on the monotonic clock. */
  readonly #openedAt = new WeakMap<WebSocket, number>();
  readonly #orders = new DisconnectOrders();
  #handlerCount = 0;
  #drain: Drain | undefined;
  /** Shared by all sockets: `this` is the socket that closed. */
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

  /** The sockets of a user, across all sessions. */
  socketsOf(user: string): WebSocket[] {
    return [...this.#sockets].filter((socket) => socket.user === user);
  }

  /**
   * Closes the sockets of a user; the user's pending upgrades are refused, or closed as they open.
   *
   * @param openedBy leaves what opens later, in ms, on the monotonic clock
   * @returns the number of sockets
   */
  disconnect(user: string, order: DisconnectOrder, openedBy: number): number {
    if (this.#pending.size > 0 && openedBy >= performance.now()) this.#orders.add(user, order);
    // Each open socket has such a time.
    const sockets = this.socketsOf(user).filter((socket) => Number(this.#openedAt.get(socket)) <= openedBy);
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
    if (socket.user !== undefined) this.#openedAt.set(socket, performance.now());
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
   * Refuses pending upgrades and closes open sockets. A second call waits for the first.
   *
   * @returns a promise that resolves when all are done
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
      for (const socket of open.slice(closed, due)) socket.close(drain.code);
      closed = due;
      if (closed === open.length) clearInterval(drain.closing);
    };
    drain.closing = setInterval(closeNext, closingInterval);
    closeNext();
  }

  #cut(): void {
    for (const pending of this.#pending) pending.abort();
    for (const socket of this.#sockets) socket.terminate();
    // Handlers that have not returned are no longer waited for.
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

/** Headers of a 503 or 429: retry after 5 seconds. */
export const retryLater: Readonly<Record<string, string>> = { 'Retry-After': '5' };

/** The answer to upgrades while the app is closing. */
export function drainingError(): HandshakeError {
  return new HandshakeError('WS_ERR_HANDSHAKE_DRAINING', 503, 'The server is closing', retryLater);
}
