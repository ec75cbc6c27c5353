import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Counts, for each TCP connection, the requests whose answer is not out yet, and the bytes of those that are.
 *
 * An upgrade that was pipelined behind such a request has to be refused: Node.js would write that answer later, into
 * the middle of our frames.
 */
export class UnansweredRequests {
  readonly #counts = new WeakMap<Duplex, number>();
  readonly #written = new WeakMap<Duplex, number>();

  /** Counts a request until its answer is out or its connection gone. */
  add({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#counts.set(socket, this.countOf(socket) + 1);
    response.once('close', () => {
      this.#counts.set(socket, this.countOf(socket) - 1);
      this.#written.set(socket, socket.bytesWritten);
    });
  }

  /** How many bytes the answers to a connection's earlier requests are. */
  bytesWrittenTo(duplex: Duplex): number {
    return this.#written.get(duplex) ?? 0;
  }

  countOf(duplex: Duplex): number {
    return this.#counts.get(duplex) ?? 0;
  }
}
