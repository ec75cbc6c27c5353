import type { ConnectionLimits } from '../limits.ts';
import { Inbox, type UnreadMessage } from './inbox.ts';

/** Who is read to: the WebSocket. */
export interface ReaderOwner {
  /** Whether somebody listens for messages. */
  hasListener(): boolean;
  deliver(message: UnreadMessage): void;
  /** Asks the transport for what comes next. */
  pull(): void;
}

/** Takes each message to whoever reads: the listeners, a waiting `receive()`, or, until there is one, the inbox. */
export class Reader {
  readonly #inbox: Inbox;
  readonly #owner: ReaderOwner;
  #isPaused = false;
  #isFlowScheduled = false;

  constructor(limits: ConnectionLimits, owner: ReaderOwner) {
    this.#inbox = new Inbox(limits);
    this.#owner = owner;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether another message may come. */
  get isReady(): boolean {
    return !this.#isPaused && !this.#inbox.isFull;
  }

  push(message: UnreadMessage): void {
    if (this.#inbox.isEmpty && this.#owner.hasListener()) this.#owner.deliver(message);
    else this.#inbox.push(message);
  }

  /** What `read` makes of the next message, or of `null` once there will be none. Rejects where listeners take them. */
  receive<Value>(read: (message: UnreadMessage | null) => Value): Promise<Value> {
    if (this.#owner.hasListener()) {
      return Promise.reject(new TypeError('Cannot receive: the message listeners of this socket take its messages'));
    }
    if (this.#inbox.isFull) this.flow();
    return this.#inbox.next(read);
  }

  pause(): void {
    this.#isPaused = true;
    this.#owner.pull();
  }

  resume(): void {
    this.#isPaused = false;
    this.flow();
  }

  /** Delivers what waits and reads on, on the next tick: never from within a listener. */
  flow(): void {
    if (this.#isFlowScheduled) return;
    this.#isFlowScheduled = true;
    process.nextTick(() => this.#flowNow());
  }

  /** Nobody is to be given messages any more; what the peer still sends is read all the same, for its Close frame. */
  stop(): void {
    this.#inbox.clear();
    this.#inbox.end();
    this.resume();
  }

  /** No message will come any more. What has come can still be read. */
  end(): void {
    this.#inbox.end();
  }

  #flowNow(): void {
    this.#isFlowScheduled = false;
    while (!this.#isPaused && this.#owner.hasListener()) {
      const message = this.#inbox.take();
      if (message === undefined) break;
      this.#owner.deliver(message);
    }
    this.#owner.pull();
  }
}
