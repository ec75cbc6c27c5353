import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** The request target and header lines of a WebSocket handshake. */
export interface HandshakeText {
  readonly target?: string;
  readonly method?: string;
  readonly version?: string;
  readonly host?: string;
  /** Further header lines, such as `'Origin: http://a.example'`. */
  readonly headers?: readonly string[];
  /** Omits one of the handshake's own header lines by its name. */
  readonly without?: string;
}

export const handshakeKey = 'dGhlIHNhbXBsZSBub25jZQ==';

/** Formats the text of a WebSocket handshake. */
export function formatHandshake(options: HandshakeText = {}): string {
  const { target = '/', method = 'GET', version = '1.1', host = '127.0.0.1', headers = [], without } = options;
  const own = [
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${handshakeKey}`,
    'Sec-WebSocket-Version: 13',
  ].filter((line) => without === undefined || !line.startsWith(`${without}:`));
  return [`${method} ${target} HTTP/${version}`, ...own, ...headers, '', ''].join('\r\n');
}

export async function dialTcp(port: number, options: { readonly allowHalfOpen?: boolean } = {}): Promise<Socket> {
  const tcp = connect({ port, host: '127.0.0.1', noDelay: true, ...options });
  tcp.on('error', () => {});
  await once(tcp, 'connect');
  return tcp;
}

/** A TCP client that sends given bytes and records what it receives. */
export class RawClient {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    socket.on('close', () => this.#wake());
  }

  static async open(port: number): Promise<RawClient> {
    return new RawClient(await dialTcp(port, { allowHalfOpen: true }));
  }

  /** Sends a request and returns everything received until the server ends the connection. */
  static async exchange(port: number, text: string | Buffer): Promise<string> {
    const client = await RawClient.open(port);
    client.socket.write(text);
    return client.untilEnd();
  }

  get text(): string {
    return this.#bytes.toString('latin1');
  }

  write(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  /** Resolves once the received text contains `part`; rejects if the connection ends before. */
  async until(part: string): Promise<string> {
    while (!this.text.includes(part)) {
      if (this.socket.closed) throw new Error(`Connection closed without ${JSON.stringify(part)}: ${this.text}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    return this.text;
  }

  /** Resolves with everything received once the server has ended the connection. */
  async untilEnd(): Promise<string> {
    if (!this.socket.readableEnded && !this.socket.destroyed) {
      await new Promise<void>((resolve) => this.socket.once('end', resolve).once('close', () => resolve()));
    }
    this.socket.destroy();
    return this.text;
  }

  /** Resets the connection (RST). */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** The status code of an answer. */
export function statusOf(answer: string): number {
  return Number(answer.slice(9, 12));
}
