import type { WebSocket } from '@turnout/core';

export interface User {
  /** A fresh UUID for each sign-in. */
  readonly id: string;
  readonly name: string;
}

/** Everybody who has the page open. Several tabs of one user are several sockets and one person. */
export class Audience {
  readonly #users = new Map<WebSocket, User>();

  /** Adds a socket until it closes, and tells everybody who is there now. */
  join(socket: WebSocket, user: User): void {
    this.#users.set(socket, user);
    socket.on('close', () => {
      this.#users.delete(socket);
      this.#tellUsers();
    });
    this.#tellUsers();
  }

  users(): User[] {
    return [...new Map([...this.#users.values()].map((user) => [user.id, user])).values()];
  }

  /**
   * Sends to everybody. A socket that is gone takes nothing, and one that does not read is dropped by Turnout
   * (maxBufferedAmount): neither keeps the message from the others.
   */
  broadcast(message: object): void {
    const text = JSON.stringify(message);
    for (const socket of this.#users.keys()) socket.send(text);
  }

  #tellUsers(): void {
    this.broadcast({ type: 'users', data: this.users() });
  }
}
