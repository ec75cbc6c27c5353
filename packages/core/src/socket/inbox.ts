import type { ConnectionLimits } from '../limits.ts';

/** An unread message. */
export interface UnreadMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

export type InboxLimits = Pick<ConnectionLimits, 'maxUnreadMessages' | 'maxUnreadBytes'>;

type Waiter = (message: UnreadMessage | null) => void;

/** The memory that an unread message takes in addition to its payload, in bytes. */
const messageOverhead = 256;

/**
 * Unread messages, or readers that wait for one; never both.
 *
 * `maxUnreadMessages` holds back a peer that is faster than its reader. Before the first read only bytes count, so that
 * a Close frame after a few unread messages is read.
 */
export class Inbox {
  readonly #limits: InboxLimits;
  /** Created for the first unread message; an idle socket has neither this nor {@link #waiters}. */
  #messages: UnreadMessage[] | undefined;
  #byteLength = 0;
  #waiters: Waiter[] | undefined;
  #isEnded = false;
  #hasReader = false;

  constructor(limits: InboxLimits) {
    this.#limits = limits;
  }

  get #unread(): number {
    return this.#messages === undefined ? 0 : this.#messages.length;
  }

  get isEmpty(): boolean {
    return this.#unread === 0;
  }

  /** The memory of the unread messages, in bytes: their payloads, plus 256 for each. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether reading from the transport should pause. */
  get isFull(): boolean {
    if (this.isEmpty) return false;
    const { maxUnreadMessages, maxUnreadBytes } = this.#limits;
    return this.#byteLength >= maxUnreadBytes || (this.#hasReader && this.#unread >= maxUnreadMessages);
  }

  /** Passes the message to the reader that has waited longest, or keeps it. */
  push(message: UnreadMessage): void {
    const waiter = this.#waiters?.shift();
    if (waiter !== undefined) return waiter(message);
    (this.#messages ??= []).push(message);
    this.#byteLength += message.data.length + messageOverhead;
  }

  /** Removes and returns the oldest message; `undefined` if there is none. */
  take(): UnreadMessage | undefined {
    this.#hasReader = true;
    const message = this.#messages?.shift();
    if (message !== undefined) this.#byteLength -= message.data.length + messageOverhead;
    return message;
  }

  /** Resolves with `read` of the oldest message, now or once it arrives; of `null` after `end()`. */
  async next<Value>(read: (message: UnreadMessage | null) => Value): Promise<Value> {
    const message = this.take();
    if (message !== undefined) return read(message);
    if (this.#isEnded) return read(null);
    return read(await new Promise<UnreadMessage | null>((resolve) => (this.#waiters ??= []).push(resolve)));
  }

  /** No more messages will arrive. Those received can still be read. */
  end(): void {
    this.#isEnded = true;
    for (const waiter of this.#waiters?.splice(0) ?? []) waiter(null);
  }

  /** Drops the unread messages. */
  clear(): void {
    this.#messages = undefined;
    this.#byteLength = 0;
  }
}
