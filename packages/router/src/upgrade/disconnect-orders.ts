import { CloseCode } from '@turnout/core';
import type { WebSocket } from '@turnout/core';

/** How somebody is disconnected: `final`, or for a moment, `reconnect`, as after a change of rights. */
export type DisconnectOrder = 'final' | 'reconnect';

/** Closes a socket whose user was ordered to be disconnected. */
export function closeByOrder(socket: WebSocket, order: DisconnectOrder): void {
  if (order === 'final') socket.ignoreMessages();
  socket.close(order === 'final' ? CloseCode.Unauthorized : CloseCode.ServiceRestart, 'Disconnected');
}

/** The numbers of the last orders about one user; 0 for none. */
interface UserOrders {
  final: number;
  reconnect: number;
}

/**
 * About how many users orders are remembered. Handshakes that began before an order that is forgotten have to try
 * again.
 */
const maxUsers = 10_000;

/**
 * Orders to disconnect users, remembered for the handshakes that had begun: whose they are is known only once
 * middleware has run. What begins after an order is not concerned.
 */
export class DisconnectOrders {
  /** By user, in the order of their last orders. */
  readonly #users = new Map<string, UserOrders>();
  #lastNumber = 0;
  /** Orders up to this number are forgotten. */
  #forgotten = 0;

  /** The number of the last order: later ones concern a handshake that begins now. */
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

  /** The order that concerns a user's handshake which began after order number `start`. */
  since(start: number, user: string): DisconnectOrder | undefined {
    const { final, reconnect } = this.#users.get(user) ?? { final: 0, reconnect: 0 };
    if (final > start) return 'final';
    return reconnect > start || this.#forgotten > start ? 'reconnect' : undefined;
  }

  /** Forgets the orders that concern no handshake which began after order number `start`. */
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
