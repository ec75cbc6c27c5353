import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import {
  accept,
  connect,
  HandshakeError,
  reject,
  WebSocket,
  type AcceptOptions,
  type ConnectOptions,
  type SocketOptions,
} from '@turnout/core';

/** A Duplex that passes writes to its other end, and keeps a list of them. */
export class PipeEnd extends Duplex {
  other!: PipeEnd;
  readonly writes: Buffer[] = [];
  /** Delays the end of every write, like a peer that does not read. */
  isStalled = false;
  #waiting: (() => void)[] = [];

  constructor() {
    super({ allowHalfOpen: true });
  }

  release(): void {
    this.isStalled = false;
    for (const callback of this.#waiting.splice(0)) callback();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.writes.push(chunk);
    this.other.push(Buffer.from(chunk));
    if (this.isStalled) this.#waiting.push(callback);
    else callback();
  }

  override _final(callback: () => void): void {
    this.other.push(null);
    callback();
  }
}

export function createPipe(): [PipeEnd, PipeEnd] {
  const [left, right] = [new PipeEnd(), new PipeEnd()];
  left.other = right;
  right.other = left;
  return [left, right];
}

/** Two sockets joined in memory. */
export function createPair({ onError, messagesAfterClose, ...limits }: SocketOptions<WebSocket> = {}): {
  server: WebSocket;
  client: WebSocket;
  serverEnd: PipeEnd;
  clientEnd: PipeEnd;
} {
  const [serverEnd, clientEnd] = createPipe();
  const server = new WebSocket(serverEnd, { role: 'server', limits, onError, messagesAfterClose });
  const client = new WebSocket(clientEnd, { role: 'client' });
  return { server, client, serverEnd, clientEnd };
}

/** Accepts on a real HTTP server. */
export class TestServer {
  readonly http: Server;
  readonly sockets: WebSocket[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly #options: AcceptOptions;

  constructor(options: AcceptOptions = {}, server: Server = createServer()) {
    this.#options = options;
    this.http = server;
    server.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
      duplex.on('error', () => duplex.destroy());
      this.requests.push(request);
      try {
        this.sockets.push(accept({ request, duplex, head }, this.#options));
      } catch (error) {
        if (!(error instanceof HandshakeError)) throw error;
        reject(duplex, error);
      }
    });
  }

  async listen(): Promise<this> {
    this.http.listen(0, '127.0.0.1');
    await once(this.http, 'listening');
    return this;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  async open(options?: ConnectOptions): Promise<{ server: WebSocket; client: WebSocket }> {
    const client = await connect(`ws://127.0.0.1:${this.port}/`, options);
    return { server: this.sockets.at(-1)!, client };
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }
}

/** Runs every callback and promise that is due. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
}
