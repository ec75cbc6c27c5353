import { CloseCode } from '@turnout/core';
import type { WebSocket } from '@turnout/core';

/**
 * How a user is disconnected: `final`, or `reconnect` if clients may reconnect at once, as after a change of
 * permissions.
 */
export type DisconnectOrder = 'final' | 'reconnect';

/** Closes a socket whose user is disconnected. */
export function closeByOrder(socket: WebSocket, order: DisconnectOrder): void {
  if (order === 'final') socket.ignoreMessages();
  socket.close(order === 'final' ? CloseCode.Unauthorized : CloseCode.ServiceRestart, 'Disconnected');
}

/** The numbers of the last orders for one user; 0 for none. */
interface UserOrders {
  final: number;
  reconnect: number;
}

/** The number of users whose orders are remembered. A handshake that began before a forgotten order must be retried. */
const maxUsers = 10_000;

/**
 * Orders to disconnect users, remembered for pending handshakes, whose user is known only once middleware has run. An
 * order does not affect handshakes that begin after it.
 */
export class DisconnectOrders {
  /** By user, least recent order first. */
  readonly #users = new Map<string, UserOrders>();
  #lastNumber = 0;
  /** Orders up to this number may be forgotten. */
  #forgotten = 0;

  /** The number of the last order: only later ones affect a handshake that begins now. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  add(user: string, order: DisconnectOrder): void {
    const orders = this.#users.get(user) ?? { final: 0, reconnect: 0 };
    orders[order] = ++this.#lastNumber;
    this.#users.delete(user);
    this.#users.set(user, orders);
    if (this.#users.size > maxUsers) this.#forgetOldest();
  }

  /** The order that affects a user's handshake that began after order number `start`. */
  since(start: number, user: string): DisconnectOrder | undefined {
    const { final, reconnect } = this.#users.get(user) ?? { final: 0, reconnect: 0 };
    if (final > start) return 'final';
    return reconnect > start || this.#forgotten > start ? 'reconnect' : undefined;
  }

  /** Forgets the orders up to number `start`, which affect no pending handshake. */
  forgetUntil(start: number): void {
    for (const [user, orders] of this.#users) {
      if (lastOf(orders) > start) return;
      this.#users.delete(user);
    }
  }

  #forgetOldest(): void {
    for (const [user, orders] of this.#users) {
      this.#forgotten = lastOf(orders);
      this.#users.delete(user);
      return;
    }
  }
}

function lastOf({ final, reconnect }: UserOrders): number {
  return Math.max(final, reconnect);
}
