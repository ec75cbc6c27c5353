/** A socket for which bytes are held. */
export interface ByteHolder {
  /** What is held for it now. */
  readonly heldBytes: number;
  /** Closes the socket, and frees what is held for it. @param total bytes held for all sockets */
  shed(total: number): void;
}

/**
 * Bytes of one kind that the process holds for all of its sockets. Over a limit the socket that holds most is closed.
 */
export class ByteBudget {
  /** As counted last; a holder may hold less by now. */
  readonly #counted = new Map<ByteHolder, number>();
  #total = 0;

  /**
   * Counts what a holder holds now.
   *
   * @returns whether all together hold more than `limit` bytes: call {@link relieve} then
   */
  count(holder: ByteHolder, limit: number): boolean {
    const bytes = holder.heldBytes;
    this.#total += bytes - (this.#counted.get(holder) ?? 0);
    if (bytes > 0) this.#counted.set(holder, bytes);
    else this.#counted.delete(holder);
    return this.#total > limit;
  }

  /** Counts a holder no longer. */
  forget(holder: ByteHolder): void {
    this.#total -= this.#counted.get(holder) ?? 0;
    this.#counted.delete(holder);
  }

  /** Closes the sockets that hold most, until all together hold `limit` bytes or less. */
  relieve(limit: number): void {
    for (const holder of this.#counted.keys()) this.count(holder, limit);
    while (this.#total > limit) {
      const [holder] = [...this.#counted].reduce((most, one) => (one[1] > most[1] ? one : most));
      const before = this.#total;
      // Not counted from now on, so that its bytes close nobody else.
      this.forget(holder);
      holder.shed(before);
    }
  }
}

/** What the process holds for its sockets: unsent output, messages that nobody has read, and parts of messages. */
interface ProcessBudgets {
  readonly unsent: ByteBudget;
  readonly unread: ByteBudget;
  readonly incomplete: ByteBudget;
}

/** Where they are for all copies of this package in the process. Other methods of ByteBudget need another name here. */
const key = Symbol.for('@turnout/core: ByteBudget 1');

const shared = globalThis as { [key]?: ProcessBudgets };
shared[key] ??= { unsent: new ByteBudget(), unread: new ByteBudget(), incomplete: new ByteBudget() };

export const { unsent: unsentBudget, unread: unreadBudget, incomplete: incompleteBudget } = shared[key];
