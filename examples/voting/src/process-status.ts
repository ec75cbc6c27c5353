import type { WebSocket } from '@turnout/express';
import { repeat } from '@turnout/example-host';
import { createHub } from '@turnout/topics';

/** The interval, in ms. */
const interval = 2_000;

/** Publishes the state of the process to its pages, which shows that a stalled page costs it nothing. */
export class ProcessStatus {
  readonly #sockets: ReadonlySet<WebSocket>;
  readonly #hub = createHub();
  readonly #topic = this.#hub.topic('status', { slow: 'latest' });
  readonly #endTelling: () => void;

  constructor(sockets: ReadonlySet<WebSocket>) {
    this.#sockets = sockets;
    this.#endTelling = repeat(() => this.#tell(), { every: interval, what: 'tell how the process is' });
  }

  async join(socket: WebSocket): Promise<void> {
    await this.#topic.subscribe(socket);
    socket.send(this.#message());
  }

  async close(): Promise<void> {
    this.#endTelling();
    await this.#hub.close();
  }

  async #tell(): Promise<void> {
    if (this.#topic.size > 0) await this.#topic.publish(this.#message());
  }

  #message(): string {
    let waiting = 0;
    for (const { bufferedAmount } of this.#sockets) waiting += bufferedAmount;
    const data = { process: process.pid, memory: process.memoryUsage.rss(), open: this.#sockets.size, waiting };
    return JSON.stringify({ type: 'status', data });
  }
}
