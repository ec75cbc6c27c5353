import type { Duplex } from 'node:stream';

/** Counts the connections of each client, by any key that identifies a client. */
export class ConnectionCounts<Client> {
  readonly #counts = new Map<Client, number>();

  countOf(client: Client): number {
    return this.#counts.get(client) ?? 0;
  }

  /** Counts a connection until it closes. */
  add(client: Client, duplex: Duplex): void {
    this.#counts.set(client, this.countOf(client) + 1);
    duplex.once('close', () => this.#remove(client));
  }

  #remove(client: Client): void {
    const left = this.countOf(client) - 1;
    if (left > 0) this.#counts.set(client, left);
    else this.#counts.delete(client);
  }
}
