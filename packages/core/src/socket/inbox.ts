import type { ConnectionLimits } from '../limits.ts';
import { Round, type RoundMember } from './round.ts';

/** An unread message. */
export interface UnreadMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

export type InboxLimits = Pick<ConnectionLimits, 'maxUnreadMessages' | 'maxUnreadBytes'>;

/** Whose messages they are. */
export interface InboxOwner {
  /** There is room for messages again, though none was taken. */
  readOn(): void;
}

type Waiter = (message: UnreadMessage | null) => void;

/** What an unread message costs: its payload, and 256 bytes of memory for the rest. */
export function costOf({ data }: UnreadMessage): number {
  return data.length + 256;
}

/** A reader that takes nothing for this long, in ms, or up to twice as long, has stopped reading. */
const readerTimeout = 5_000;

const readers = Round.every(readerTimeout);

/**
 * Unread messages, or readers that wait for one; never both.
 *
 * `maxUnreadMessages` holds back a peer that is faster than its reader. Before the first read, and once nobody has read
 * for some seconds, only bytes count, so that a Close frame after a few unread messages is read.
 */
export class Inbox implements RoundMember {
  readonly #limits: InboxLimits;
  readonly #owner: InboxOwner;
  /** Created for the first unread message; an idle socket has neither this nor {@link #waiters}. */
  #messages: UnreadMessage[] | undefined;
  #byteLength = 0;
  #waiters: Waiter[] | undefined;
  #isEnded = false;
  #hasReader = false;
  /** Whether a message was taken since the last check. */
  #isRead = false;

  constructor(limits: InboxLimits, owner: InboxOwner) {
    this.#limits = limits;
    this.#owner = owner;
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
    return this.#byteLength >= this.#limits.maxUnreadBytes || this.#isAheadOfReader;
  }

  get #isAheadOfReader(): boolean {
    return this.#hasReader && this.#unread >= this.#limits.maxUnreadMessages;
  }

  /** Passes the message to the reader that has waited longest, or keeps it. */
  push(message: UnreadMessage): void {
    const waiter = this.#waiters?.shift();
    if (waiter !== undefined) return waiter(message);
    (this.#messages ??= []).push(message);
    this.#byteLength += costOf(message);
    if (this.#isAheadOfReader) readers.add(this);
  }

  /** Notices that nobody reads any more: the peer is then held back by bytes alone. */
  check(): void {
    const hasStopped = this.#isAheadOfReader && !this.#isRead;
    this.#isRead = false;
    if (hasStopped) this.#hasReader = false;
    if (this.#isAheadOfReader) return;
    readers.delete(this);
    if (hasStopped) this.#owner.readOn();
  }

  /** Removes and returns the oldest message; `undefined` if there is none. */
  take(): UnreadMessage | undefined {
    this.#hasReader = true;
    this.#isRead = true;
    const message = this.#messages?.shift();
    if (message !== undefined) this.#byteLength -= costOf(message);
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
    readers.delete(this);
    for (const waiter of this.#waiters?.splice(0) ?? []) waiter(null);
  }

  /** Drops the unread messages. */
  clear(): void {
    this.#messages = undefined;
    this.#byteLength = 0;
  }
}
