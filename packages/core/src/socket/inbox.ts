import type { ConnectionLimits } from '../limits.ts';

/** A message as it waits to be read. */
export interface UnreadMessage {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

type Waiter = (message: UnreadMessage | null) => void;

/** Messages that have come and that nobody has read yet, and readers that wait for one. Never both at a time. */
export class Inbox {
  readonly #limits: Pick<ConnectionLimits, 'maxUnreadMessages' | 'maxUnreadBytes'>;
  /** There is no list before the first message waits; an idle socket has neither this nor {@link #waiters}. */
  #messages: UnreadMessage[] | undefined;
  #byteLength = 0;
  #waiters: Waiter[] | undefined;
  #isEnded = false;

  constructor(limits: Pick<ConnectionLimits, 'maxUnreadMessages' | 'maxUnreadBytes'>) {
    this.#limits = limits;
  }

  get #unread(): number {
    return this.#messages?.length ?? 0;
  }

  get isEmpty(): boolean {
    return this.#unread === 0;
  }

  /** Whether no more should be read from the transport for now. */
  get isFull(): boolean {
    const { maxUnreadMessages, maxUnreadBytes } = this.#limits;
    return this.#unread >= maxUnreadMessages || this.#byteLength >= maxUnreadBytes;
  }

  /** Gives the message to the reader that has waited longest, or keeps it. */
  push(message: UnreadMessage): void {
    const waiter = this.#waiters?.shift();
    if (waiter !== undefined) return waiter(message);
    (this.#messages ??= []).push(message);
    this.#byteLength += message.data.length;
  }

  /** Removes and returns the oldest message; `undefined` where there is none. */
  take(): UnreadMessage | undefined {
    const message = this.#messages?.shift();
    if (message !== undefined) this.#byteLength -= message.data.length;
    return message;
  }

  /** What `read` makes of the oldest message, now or when it comes; of `null` once there will be none. */
  async next<Value>(read: (message: UnreadMessage | null) => Value): Promise<Value> {
    const message = this.take();
    if (message !== undefined) return read(message);
    if (this.#isEnded) return read(null);
    return read(await new Promise<UnreadMessage | null>((resolve) => (this.#waiters ??= []).push(resolve)));
  }

  /** No message will come any more. What has come can still be read. */
  end(): void {
    this.#isEnded = true;
    for (const waiter of this.#waiters?.splice(0) ?? []) waiter(null);
  }

  /** Forgets what was not read. */
  clear(): void {
    this.#messages = undefined;
    this.#byteLength = 0;
  }
}
