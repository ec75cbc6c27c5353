/** An order to disconnect a user, as nodes send it to each other. */
export interface NumberedOrder {
  /** Counts the orders of the node that gave it, from 1. */
  readonly number: number;
  readonly user: string;
  /** Whether clients may reconnect at once. */
  readonly reconnect: boolean;
  /** How long ago, in ms, it was given. */
  readonly age: number;
}

interface OwnOrder extends Omit<NumberedOrder, 'age'> {
  /** Milliseconds, on the monotonic clock. */
  readonly at: number;
}

/** How many orders are remembered, of this node and of the others. */
const maxOrders = 10_000;

/** The orders that a node has given and received: the newest 10,000 of each. */
export class PastOrders {
  readonly #own = new Map<number, OwnOrder>();
  readonly #received = new Set<string>();
  #count = 0;

  /** An order of this node. */
  add(user: string, reconnect: boolean): NumberedOrder {
    const number = ++this.#count;
    this.#own.set(number, { number, user, reconnect, at: performance.now() });
    if (this.#own.size > maxOrders) this.#own.delete(number - maxOrders);
    return { number, user, reconnect, age: 0 };
  }

  /** The orders of this node. */
  own(): NumberedOrder[] {
    const now = performance.now();
    return Array.from(this.#own.values(), ({ at, ...order }) => ({ ...order, age: now - at }));
  }

  /** Notes an order of another node. Returns whether it is received for the first time. */
  isNew(from: string, { number }: NumberedOrder): boolean {
    const key = `${from} ${number}`;
    if (this.#received.has(key)) return false;
    this.#received.add(key);
    const [oldest = key] = this.#received;
    if (this.#received.size > maxOrders) this.#received.delete(oldest);
    return true;
  }
}
