import { channel } from 'node:diagnostics_channel';
import { CloseCode } from '@turnout/core';
import type { PreparedMessage, WebSocket } from '@turnout/core';
import type { QueueBudget } from './queue-budget.ts';
import type { ResolvedTopicOptions } from './topic-options.ts';

/**
 * `turnout:drop`: `{ socket, topic, count }`: messages were dropped because the queue of a slow subscriber was full.
 */
const dropChannel = channel('turnout:drop');

/** A message for all subscribers. */
export interface Delivery {
  readonly prepared: PreparedMessage;
  /** Bytes. */
  readonly size: number;
  readonly key: string;
}

/** A subscriber's end of a topic. */
export interface Outlet {
  /** @returns how many messages were dropped */
  deliver(delivery: Delivery): number;
  /** Drops the queued messages. */
  end(): void;
}

export interface OutletOwner {
  readonly name: string;
  readonly options: ResolvedTopicOptions;
  readonly budget: QueueBudget;
}

export function createOutlet(socket: WebSocket, owner: OutletOwner): Outlet {
  switch (owner.options.slow) {
    case 'close':
      return new DirectOutlet(socket, owner.options.maxQueuedBytes);
    case 'latest':
      return new QueueOutlet(socket, owner, new LatestQueue());
    default:
      return new QueueOutlet(socket, owner, new DropQueue(owner.options.slow));
  }
}

/** How long, in ms, a subscriber must be behind without a break before its buffered bytes are checked. */
const patience = 10_000;

/**
 * Sends everything, and closes a subscriber that cannot keep up: one that has been behind for 10 s without a break and
 * has more than `maxQueuedBytes` buffered. A short burst does not close it. The socket itself closes a peer that takes
 * nothing at all.
 */
class DirectOutlet implements Outlet {
  readonly #socket: WebSocket;
  readonly #maxQueuedBytes: number;
  /** Since when `send()` has always returned `false`; `null` while the subscriber keeps up. */
  #behindSince: number | null = null;

  constructor(socket: WebSocket, maxQueuedBytes: number) {
    this.#socket = socket;
    this.#maxQueuedBytes = maxQueuedBytes;
  }

  deliver({ prepared }: Delivery): number {
    if (!this.#socket.send(prepared)) this.#fallBehind();
    else if (this.#behindSince !== null) this.#behindSince = null;
    return 0;
  }

  end(): void {}

  #fallBehind(): void {
    const now = performance.now();
    this.#behindSince ??= now;
    if (now - this.#behindSince >= patience && this.#socket.bufferedAmount > this.#maxQueuedBytes) {
      this.#socket.close(CloseCode.TryAgainLater, 'Too slow for its topics');
    }
  }
}

/** Messages queued for a slow subscriber, in the order in which they will be sent. */
interface Queue {
  readonly bytes: number;
  /** @returns how many messages were dropped: the new one or queued ones */
  add(delivery: Delivery, maxBytes: number): number;
  take(): Delivery | undefined;
}

class DropQueue implements Queue {
  readonly #dropped: 'drop-oldest' | 'drop-newest';
  readonly #waiting: Delivery[] = [];
  bytes = 0;

  constructor(dropped: 'drop-oldest' | 'drop-newest') {
    this.#dropped = dropped;
  }

  add(delivery: Delivery, maxBytes: number): number {
    const isOver = this.bytes + delivery.size > maxBytes;
    if (isOver && (this.#dropped === 'drop-newest' || delivery.size > maxBytes)) return 1;
    let dropped = 0;
    while (this.bytes + delivery.size > maxBytes) {
      this.take();
      dropped++;
    }
    this.#waiting.push(delivery);
    this.bytes += delivery.size;
    return dropped;
  }

  take(): Delivery | undefined {
    const delivery = this.#waiting.shift();
    if (delivery !== undefined) this.bytes -= delivery.size;
    return delivery;
  }
}

class LatestQueue implements Queue {
  readonly #waiting = new Map<string, Delivery>();
  bytes = 0;

  add(delivery: Delivery, maxBytes: number): number {
    let dropped = this.#remove(delivery.key) === undefined ? 0 : 1;
    if (delivery.size > maxBytes) return dropped + 1;
    while (this.bytes + delivery.size > maxBytes) {
      this.take();
      dropped++;
    }
    this.#waiting.set(delivery.key, delivery);
    this.bytes += delivery.size;
    return dropped;
  }

  take(): Delivery | undefined {
    const [key] = this.#waiting.keys();
    return key === undefined ? undefined : this.#remove(key);
  }

  #remove(key: string): Delivery | undefined {
    const delivery = this.#waiting.get(key);
    if (delivery === undefined) return undefined;
    this.#waiting.delete(key);
    this.bytes -= delivery.size;
    return delivery;
  }
}

/** Sends while the socket accepts more; queues from `highWaterMark` until `drain`. */
class QueueOutlet implements Outlet {
  readonly #socket: WebSocket;
  readonly #owner: OutletOwner;
  readonly #queue: Queue;
  /** Bytes taken from the hub's budget. */
  #spent = 0;
  #isBehind = false;

  constructor(socket: WebSocket, owner: OutletOwner, queue: Queue) {
    this.#socket = socket;
    this.#owner = owner;
    this.#queue = queue;
    socket.on('drain', this.#catchUp);
  }

  deliver(delivery: Delivery): number {
    if (!this.#isBehind) {
      this.#isBehind = !this.#socket.send(delivery.prepared);
      return 0;
    }
    const { name, options, budget } = this.#owner;
    const count = this.#queue.add(delivery, Math.min(options.maxQueuedBytes, this.#spent + budget.free));
    this.#spend(this.#queue.bytes);
    if (count > 0 && dropChannel.hasSubscribers) dropChannel.publish({ socket: this.#socket, topic: name, count });
    return count;
  }

  end(): void {
    this.#socket.off('drain', this.#catchUp);
    this.#spend(0);
  }

  readonly #catchUp = (): void => {
    this.#isBehind = false;
    while (!this.#isBehind) {
      const delivery = this.#queue.take();
      if (delivery === undefined) break;
      this.#isBehind = !this.#socket.send(delivery.prepared);
    }
    this.#spend(this.#queue.bytes);
  };

  #spend(bytes: number): void {
    this.#owner.budget.spend(bytes - this.#spent);
    this.#spent = bytes;
  }
}
