import { createServer, type Server } from 'node:http';
import { createRouter } from '@turnout/router';
import { connectTo, type TestClient } from '@turnout/testing';
import type { WebSocket } from '@turnout/core';
import { onTestFinished } from 'vitest';

/** A client, and its socket on the server. */
export interface Pair {
  readonly client: TestClient;
  readonly socket: WebSocket;
}

/** A server whose sockets the test controls. */
export class SocketServer {
  readonly errors: unknown[] = [];
  readonly #server: Server = createServer();
  readonly #opened: ((socket: WebSocket) => void)[] = [];
  readonly router = createRouter({ onError: (error) => this.errors.push(error) });

  constructor(options: object = {}) {
    this.router.ws('/', options, (socket) => this.#opened.shift()!(socket));
    this.router.attach(this.#server);
    onTestFinished(() => this.router.close({ timeout: 0 }));
  }

  async open(): Promise<Pair> {
    const opened = new Promise<WebSocket>((resolve) => this.#opened.push(resolve));
    const client = await connectTo(this.#server, '/');
    return { client, socket: await opened };
  }

  openMany(count: number): Promise<Pair[]> {
    return Promise.all(Array.from({ length: count }, () => this.open()));
  }
}

/** Sockets without a network, for more than a process may open, and the number of messages sent to each. */
export function pretendSockets(count: number): { sockets: WebSocket[]; heard: number[] } {
  const heard = Array.from({ length: count }, () => 0);
  const sockets = heard.map((_, index) => {
    const socket = { OPEN: 1, readyState: 1, on: () => socket, send: () => ++heard[index]! > 0 };
    return socket as unknown as WebSocket;
  });
  return { sockets, heard };
}
