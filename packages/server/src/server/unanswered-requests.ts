import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Counts, for each TCP connection, the requests that are not fully answered, and the bytes of earlier responses.
 *
 * An upgrade pipelined behind an unanswered request must be refused: Node.js would write that response later, between
 * our frames.
 */
export class UnansweredRequests {
  readonly #counts = new WeakMap<Duplex, number>();
  readonly #written = new WeakMap<Duplex, number>();

  /** Counts a request until its response is sent or its connection is closed. */
  add({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#counts.set(socket, this.countOf(socket) + 1);
    response.once('close', () => {
      this.#counts.set(socket, this.countOf(socket) - 1);
      this.#written.set(socket, socket.bytesWritten);
    });
  }

  /** Bytes written on the connection up to the end of the last response. */
  bytesWrittenTo(duplex: Duplex): number {
    return this.#written.get(duplex) ?? 0;
  }

  countOf(duplex: Duplex): number {
    return this.#counts.get(duplex) ?? 0;
  }
}
