import { randomUUID } from 'node:crypto';
import type { NodeHub } from '../options/node-hub.ts';
import { DisconnectError } from './disconnect-error.ts';

interface Order {
  readonly from: string;
  readonly user: string;
  readonly reconnect: boolean;
}

/** Sends orders to disconnect a user to the app's other nodes, and receives theirs. */
export class DisconnectRelay {
  readonly #id = randomUUID();
  readonly #send: (text: string) => Promise<boolean>;

  constructor(hub: NodeHub, onOrder: (user: string, reconnect: boolean) => void) {
    this.#send = hub.link('users', (text) => {
      const { from, user, reconnect } = JSON.parse(text) as Order;
      // Our own order was carried out at once; it must not affect sockets that opened since.
      if (from !== this.#id) onOrder(user, reconnect);
    });
  }

  /** Rejects with a {@link DisconnectError} if the other nodes were not reached. */
  async tell(user: string, reconnect: boolean): Promise<void> {
    const order: Order = { from: this.#id, user, reconnect };
    if (await this.#send(JSON.stringify(order))) return;
    throw new DisconnectError(user);
  }
}
