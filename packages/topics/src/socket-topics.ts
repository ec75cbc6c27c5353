import type { WebSocket } from '@turnout/core';

/** A topic or a state. */
export interface Subscribable {
  unsubscribe(socket: WebSocket): unknown;
}

/** The topics and states of each socket; a socket is unsubscribed from all of them when it closes. */
export class SocketTopics {
  readonly #maxTopicsPerSocket: number;
  readonly #topics = new Map<WebSocket, Set<Subscribable>>();

  constructor(maxTopicsPerSocket: number) {
    this.#maxTopicsPerSocket = maxTopicsPerSocket;
  }

  of(socket: WebSocket): Subscribable[] {
    return [...(this.#topics.get(socket) ?? [])];
  }

  /** @throws {RangeError} over `maxTopicsPerSocket` */
  add(socket: WebSocket, topic: Subscribable): void {
    const topics = this.#topics.get(socket);
    if (topics === undefined) {
      this.#topics.set(socket, new Set([topic]));
      socket.on('close', () => this.#onClosed(socket));
      return;
    }
    if (topics.size >= this.#maxTopicsPerSocket) {
      throw new RangeError(`Cannot subscribe: the socket has ${topics.size} topics already (maxTopicsPerSocket)`);
    }
    topics.add(topic);
  }

  delete(socket: WebSocket, topic: Subscribable): void {
    this.#topics.get(socket)?.delete(topic);
  }

  /** Unsubscribes all sockets. */
  clear(): void {
    for (const socket of this.#topics.keys()) this.#leaveAll(socket);
  }

  #onClosed(socket: WebSocket): void {
    this.#leaveAll(socket);
    this.#topics.delete(socket);
  }

  #leaveAll(socket: WebSocket): void {
    for (const topic of this.of(socket)) topic.unsubscribe(socket);
  }
}
