import { WebSocket } from '@turnout/core';
import type { Deadline } from '../contract/deadline.ts';
import { MemorySocket } from '../memory-socket.ts';
import { TestClient, type Expected } from '../test-client.ts';

/** A socket of a node, over memory, and what its client receives. */
export class Subscriber {
  /** The node's end. */
  readonly socket: WebSocket;
  readonly #client: TestClient;
  readonly #deadline: Deadline;

  constructor(deadline: Deadline) {
    const [ours, theirs] = MemorySocket.pair();
    this.socket = new WebSocket(theirs, { role: 'server' });
    this.#client = new TestClient(new WebSocket(ours, { role: 'client' }), ours);
    this.#deadline = deadline;
  }

  next(): Promise<string | Buffer> {
    return this.#client.next({ timeout: this.#deadline.left });
  }

  /** Waits for the next message and compares it. */
  expect(expected: Expected): Promise<void> {
    return this.#client.expect(expected, { timeout: this.#deadline.left });
  }

  /** Asserts that no message arrives for this many ms. */
  expectNothing(duration: number): Promise<void> {
    return this.#client.expectNothing(duration);
  }

  /** Collects what arrives from topics with an envelope, until the socket is closed. */
  collect(): Received {
    const received: Received = { data: [], offsets: [], notes: [] };
    this.#client.socket.on('message', (bytes) => {
      const { data, offset, topic: _topic, ...note } = JSON.parse(String(bytes)) as Record<string, unknown>;
      if (data === undefined) received.notes.push(note);
      else received.data.push(data);
      if (typeof offset === 'number') received.offsets.push(offset);
    });
    return received;
  }
}

/** What a client has received from topics with an envelope. */
export interface Received {
  readonly data: unknown[];
  readonly offsets: number[];
  /** Everything but the application's messages. */
  readonly notes: Record<string, unknown>[];
}
