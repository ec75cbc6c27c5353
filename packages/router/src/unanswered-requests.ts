import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Counts, for each TCP connection, the requests whose answer is not out yet.
 *
 * An upgrade that was pipelined behind such a request has to be refused: Node.js would write that answer later, into
 * the middle of our frames.
 */
export class UnansweredRequests {
  readonly #counts = new WeakMap<Duplex, number>();

  /** Counts a request until its answer is out or its connection gone. */
  add({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#counts.set(socket, this.countOf(socket) + 1);
    response.once('close', () => this.#counts.set(socket, this.countOf(socket) - 1));
  }

  countOf(duplex: Duplex): number {
    return this.#counts.get(duplex) ?? 0;
  }
}
