import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeHub } from '../options/node-hub.ts';
import { DisconnectError } from './disconnect-error.ts';
import { PastOrders, type NumberedOrder } from './past-orders.ts';

/** What nodes send each other: new orders, or those before, or a request for those that the others have sent. */
interface RelayMessage {
  readonly from: string;
  readonly orders: readonly NumberedOrder[];
  readonly isRequest?: true;
}

/**
 * The longest delay, in ms, before a request for orders: after an outage all nodes miss something at once, and the
 * answers to one of them are for all.
 */
const longestWait = 500;

/** Orders per message. */
const batchSize = 500;

/** How often a request or an answer is tried, and the delay, in ms, after the first time; it doubles each time. */
const [maxTries, firstDelay] = [8, 200];

/**
 * Sends orders to disconnect a user to the app's other nodes, and receives theirs. A node that has missed something
 * asks the others for their orders, and carries out those that it does not know.
 */
export class DisconnectRelay {
  readonly #id = randomUUID();
  readonly #send: (text: string) => Promise<boolean>;
  readonly #onOrder: (order: NumberedOrder) => void;
  readonly #past = new PastOrders();
  #request: NodeJS.Timeout | undefined;

  constructor(hub: NodeHub, onOrder: (order: NumberedOrder) => void) {
    this.#onOrder = onOrder;
    const onText = (text: string): void => this.#receive(JSON.parse(text) as RelayMessage);
    this.#send = hub.link('users', onText, () => this.#requestSoon());
  }

  /** Rejects with a {@link DisconnectError} if the other nodes were not reached. */
  async tell(user: string, reconnect: boolean): Promise<void> {
    if (await this.#tell({ orders: [this.#past.add(user, reconnect)] })) return;
    throw new DisconnectError(user);
  }

  #tell(message: Omit<RelayMessage, 'from'>): Promise<boolean> {
    return this.#send(JSON.stringify({ from: this.#id, ...message } satisfies RelayMessage));
  }

  #receive({ from, orders, isRequest }: RelayMessage): void {
    // Our own order was carried out at once; it must not affect sockets that opened since.
    if (from === this.#id) return;
    for (const order of orders) if (this.#past.isNew(from, order)) this.#onOrder(order);
    if (isRequest) void this.#answer();
  }

  /** The answers of the other nodes are for this one too. */
  async #answer(): Promise<void> {
    clearTimeout(this.#request);
    this.#request = undefined;
    const orders = this.#past.own();
    for (let start = 0; start < orders.length; start += batchSize) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await this.#insist({ orders: orders.slice(start, start + batchSize) });
    }
  }

  #requestSoon(): void {
    this.#request ??= setTimeout(() => {
      this.#request = undefined;
      void this.#insist({ orders: [], isRequest: true });
    }, Math.random() * longestWait).unref();
  }

  /** While the broker is lost there is no use: each node misses something then, and asks once it is back. */
  async #insist(message: Omit<RelayMessage, 'from'>): Promise<void> {
    for (let tries = 1, wait = firstDelay; tries <= maxTries; tries++, wait *= 2) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
        return void (await this.#tell(message));
      } catch {
        // oxlint-disable-next-line no-await-in-loop -- a pause
        await delay(wait, undefined, { ref: false });
      }
    }
  }
}
