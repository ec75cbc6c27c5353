import { randomUUID } from 'node:crypto';
import { DisconnectError } from './disconnect-error.ts';

/** Carries text between the nodes of an app; a hub of `@turnout/topics` is one. */
export interface NodeHub {
  /**
   * @param listener called with what any node sends under the name
   * @returns sends to all; resolves with `false` where it did not reach the others
   */
  link(name: string, listener: (text: string) => void): (text: string) => Promise<boolean>;
}

interface Order {
  readonly from: string;
  readonly user: string;
  readonly reconnect: boolean;
}

/** Has a user disconnected on the other nodes, too. */
export class UserLink {
  readonly #id = randomUUID();
  readonly #send: (text: string) => Promise<boolean>;

  constructor(hub: NodeHub, onOrder: (user: string, reconnect: boolean) => void) {
    this.#send = hub.link('users', (text) => {
      const { from, user, reconnect } = JSON.parse(text) as Order;
      // Our own was done at once: whoever has come since is not meant.
      if (from !== this.#id) onOrder(user, reconnect);
    });
  }

  /** Rejects with a {@link DisconnectError} where the other nodes were not reached. */
  async tell(user: string, reconnect: boolean): Promise<void> {
    const order: Order = { from: this.#id, user, reconnect };
    if (await this.#send(JSON.stringify(order))) return;
    throw new DisconnectError(user);
  }
}
