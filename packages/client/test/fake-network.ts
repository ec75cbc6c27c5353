import type { WebSocketClass } from '../src/index.ts';

/** The outcome of a handshake that begins now. */
export type Handshake = 'opens' | 'is refused' | 'hangs';

/**
 * A network and a server with topics, on the clock of `setTimeout`. No event fires in the turn of its cause.
 */
export class FakeNetwork {
  readonly sockets: FakeWebSocket[] = [];
  /** In ms. */
  delay = 5;
  handshake: Handshake = 'opens';
  /** Whether open connections deliver anything. */
  isMute = false;
  /** Whether the server answers a subscription by itself. */
  answersTopics = true;
  /** The address that the current attempt must use; `''` for any. */
  expectedUrl = '';
  /** Forbidden actions of a client. */
  readonly faults: string[] = [];
  readonly WebSocket: WebSocketClass;

  constructor() {
    // oxlint-disable-next-line typescript/no-this-alias -- of the class, not of its instance
    const network = this;
    this.WebSocket = class extends FakeWebSocket {
      constructor(url: string) {
        super(url, network);
      }
    } as unknown as WebSocketClass;
  }

  get last(): FakeWebSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('No socket was made');
    return socket;
  }

  get open(): FakeWebSocket[] {
    return this.sockets.filter(({ readyState }) => readyState === 1);
  }
}

export class FakeWebSocket extends EventTarget {
  readonly url: string;
  readonly protocol = '';
  readonly bufferedAmount = 0;
  binaryType = 'blob';
  readyState = 0;
  closedAt = Infinity;
  readonly sent: string[] = [];
  readonly closes: unknown[][] = [];
  readonly #network: FakeNetwork;

  constructor(url: string, network: FakeNetwork) {
    super();
    this.url = url;
    this.#network = network;
    for (const { readyState, closedAt } of network.sockets) {
      if (readyState < 2) network.faults.push('two sockets at once');
      if (readyState === 2 && Date.now() - closedAt < 1_000) network.faults.push('a socket before another has closed');
    }
    if (!url.endsWith(network.expectedUrl)) network.faults.push('the address of another attempt');
    network.sockets.push(this);
    const { handshake } = network;
    if (handshake !== 'hangs') {
      setTimeout(() => (handshake === 'opens' ? this.#accept() : this.end(1006)), network.delay);
    }
  }

  /** Sent by the client. */
  send(data: string): void {
    if (this.readyState !== 1) this.#network.faults.push('sent to a socket that is not open');
    this.sent.push(data);
    if (!this.#network.isMute) this.#answer(data);
  }

  close(...reason: unknown[]): void {
    this.closes.push(reason);
    if (this.readyState >= 2) return;
    this.readyState = 2;
    this.closedAt = Date.now();
    // On a dead network the close event comes late.
    setTimeout(() => this.end(1006), this.#network.isMute ? 30_000 : this.#network.delay);
  }

  /** Sent by the server. */
  receive(message: unknown): void {
    if (this.readyState !== 1) return;
    const data = typeof message === 'string' ? message : JSON.stringify(message);
    this.dispatchEvent(new MessageEvent('message', { data }));
  }

  /** Closed by the server, or by the network. */
  end(code: number, reason = ''): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason, wasClean: code !== 1006 }));
  }

  #accept(): void {
    if (this.readyState !== 0) return;
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
  }

  #answer(data: string): void {
    if (!data.startsWith('{')) return;
    const { ping, subscribe } = JSON.parse(data) as { ping?: boolean; subscribe?: string };
    if (subscribe && !this.#network.answersTopics) return;
    const answer = ping ? { pong: true } : { topic: subscribe, subscribed: { recovered: false } };
    if (ping || subscribe) setTimeout(() => this.#network.isMute || this.receive(answer), this.#network.delay);
  }
}
