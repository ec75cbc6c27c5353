import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { accept, HandshakeError, parseUpgradeRequest, reject, type CloseInfo, type WebSocket } from '@turnout/core';

/** What the application does with its socket, by path; on all other paths it echoes. */
const applications: Record<string, (socket: WebSocket) => void> = {
  '/close-at-once': (socket) => socket.close(1001),
  '/close-then-send': (socket) => {
    socket.on('message', () => {
      socket.send('before');
      socket.close(1000);
      socket.send('after');
      socket.ping('after');
      socket.close(1001);
    });
    socket.on('close', () => socket.send('after close'));
  },
  '/close-wrongly': (socket) => {
    const wrong: (() => unknown)[] = [
      () => socket.close(1005),
      () => socket.close(1006),
      () => socket.close(1000, 'x'.repeat(124)),
      () => socket.close(1000, Buffer.from('κ').subarray(0, 1)),
      () => socket.close(1000, new Float32Array(1) as never),
    ];
    socket.on('message', () => socket.send(wrong.map(nameOfThrown).join(' ')));
  },
  '/send-wrongly': (socket) => {
    socket.on('message', () => {
      const changedLater = Buffer.from('as it was');
      socket.send(changedLater);
      changedLater.fill(0);
      for (const data of [undefined, new Date(0), null]) socket.send(nameOfThrown(() => socket.send(data as never)));
    });
  },
};

function nameOfThrown(run: () => unknown): string {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return (error as Error).name;
  }
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

/** The server's end of one connection. */
export interface ServedConnection {
  readonly duplex: Duplex & { readonly bytesRead: number };
  readonly closed: Promise<CloseInfo>;
}

/**
 * A plain node:http server that accepts every valid handshake; a query such as `?maxPayload=9` sets limits, and
 * `/deflate` compresses.
 */
export class EchoServer {
  readonly #server: Server;
  /** The sockets by the client's port. */
  readonly #served = new Map<number | undefined, ServedConnection>();

  constructor() {
    this.#server = createServer((request) => refuse(request));
    this.#server.on('upgrade', (request: IncomingMessage, duplex, head) => this.#upgrade(request, duplex, head));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  connectionFrom(port: number | undefined): ServedConnection {
    return this.#served.get(port)!;
  }

  #upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const limits = Object.fromEntries([...searchParams].map(([name, value]) => [name, Number(value)]));
    try {
      const perMessageDeflate = pathname === '/deflate';
      const protocols = ['chat.v2', 'chat.v1'];
      const socket = accept({ request, duplex, head }, { ...limits, protocols, perMessageDeflate });
      this.#served.set(request.socket.remotePort, { duplex: request.socket, closed: socket.closed });
      (applications[pathname] ?? echo)(socket);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      reject(duplex, error);
    }
  }
}

/** A request that Node's parser does not treat as an upgrade is also refused with the handshake's messages. */
function refuse(request: IncomingMessage): void {
  try {
    parseUpgradeRequest(request);
  } catch (error) {
    reject(request.socket, error as HandshakeError);
  }
}
