import { resolveLimits, WebSocket } from '@turnout/core';
import type { WebSocketClass } from '@turnout/client';
import { WireEnd, type WireParts } from './wire.ts';

/** The network that a client dials into. */
export interface Network extends WireParts {
  /** Accepts a connection to a URL; `false` if nobody answers. */
  accept(url: string, end: WireEnd): boolean;
  /** Passes the connection to its owner. */
  onDialled(end: WireEnd): void;
}

const limits = resolveLimits({ pingInterval: Infinity, closeTimeout: 1_000 });

/** A browser's WebSocket over the virtual network. */
class SimClientSocket extends EventTarget {
  binaryType = 'blob';
  readonly protocol = '';
  #socket: WebSocket | undefined;
  #isClosing = false;
  #isClosed = false;

  constructor(url: string, network: Network) {
    super();
    network.clock.schedule(1 + network.random.below(20), () => this.#open(url, network));
  }

  get readyState(): number {
    if (this.#isClosed) return 3;
    if (this.#isClosing) return 2;
    return this.#socket?.readyState ?? 0;
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(data: unknown): void {
    this.#socket?.send(data as string);
  }

  close(code?: number, reason?: string): void {
    this.#isClosing = true;
    this.#socket?.close(code, reason);
  }

  #open(url: string, network: Network): void {
    if (this.#isClosing) return this.#close(1006, '');
    const [ours, theirs] = WireEnd.pair(network);
    if (!network.accept(url, theirs)) {
      this.dispatchEvent(new Event('error'));
      return this.#close(1006, '');
    }
    network.onDialled(ours);
    const socket = new WebSocket(ours, { role: 'client', limits });
    this.#socket = socket;
    socket.on('message', (data, isBinary) =>
      this.dispatchEvent(new MessageEvent('message', { data: isBinary ? data : String(data) })),
    );
    socket.on('close', (code, reason) => this.#close(code, String(reason)));
    socket.on('error', () => this.dispatchEvent(new Event('error')));
    this.dispatchEvent(new Event('open'));
    return undefined;
  }

  #close(code: number, reason: string): void {
    this.#isClosed = true;
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason, wasClean: code !== 1006 }));
  }
}

export function clientSocketsOf(network: Network): WebSocketClass {
  return class extends SimClientSocket {
    constructor(url: string) {
      super(url, network);
    }
  } as unknown as WebSocketClass;
}
