/** A socket that bytes are held for. */
export interface ByteHolder {
  /** Bytes held for it now. */
  readonly heldBytes: number;
  /** Closes the socket and frees what is held for it. @param total bytes held for all sockets */
  shed(total: number): void;
}

/**
 * Bytes of one kind that the process holds for all of its sockets. Over a limit, the socket that holds the most is
 * closed.
 */
export class ByteBudget {
  /** As last counted; a holder may hold less by now. */
  readonly #counted = new Map<ByteHolder, number>();
  #total = 0;

  /**
   * Records what a holder holds now.
   *
   * @returns whether all holders together hold more than `limit` bytes: then call {@link relieve}
   */
  count(holder: ByteHolder, limit: number): boolean {
    const bytes = holder.heldBytes;
    this.#total += bytes - (this.#counted.get(holder) ?? 0);
    if (bytes > 0) this.#counted.set(holder, bytes);
    else this.#counted.delete(holder);
    return this.#total > limit;
  }

  /** Stops counting a holder. */
  forget(holder: ByteHolder): void {
    this.#total -= this.#counted.get(holder) ?? 0;
    this.#counted.delete(holder);
  }

  /** Closes the sockets that hold the most, until all together hold `limit` bytes or less. */
  relieve(limit: number): void {
    for (const holder of this.#counted.keys()) this.count(holder, limit);
    while (this.#total > limit) {
      const [holder] = [...this.#counted].reduce((most, one) => (one[1] > most[1] ? one : most));
      const before = this.#total;
      // Not counted from now on, so that its bytes do not close another socket.
      this.forget(holder);
      holder.shed(before);
    }
  }
}

/** What the process holds for its sockets: unsent output, unread messages and incomplete messages. */
interface ProcessBudgets {
  readonly unsent: ByteBudget;
  readonly unread: ByteBudget;
  readonly incomplete: ByteBudget;
}

/**
 * The key under which all copies of this package in the process find them. If ByteBudget's methods change, so must this
 * name.
 */
const key = Symbol.for('@turnout/core: ByteBudget 1');

const shared = globalThis as { [key]?: ProcessBudgets };
shared[key] ??= { unsent: new ByteBudget(), unread: new ByteBudget(), incomplete: new ByteBudget() };

export const { unsent: unsentBudget, unread: unreadBudget, incomplete: incompleteBudget } = shared[key];
