import type { WebSocket } from '@turnout/core';

export interface User {
  /** A fresh UUID for each sign-in. */
  readonly id: string;
  readonly name: string;
}

/** `behind` has more waiting than it reads, `missed-some` has been left out since. */
type Pace = 'keeps-up' | 'behind' | 'missed-some';

interface Member {
  readonly socket: WebSocket;
  readonly user: User;
  pace: Pace;
}

/** Everybody who has the page open. Several tabs of one user are several sockets and one person. */
export class Audience {
  readonly #members = new Set<Member>();
  readonly #snapshotFor: (user: User) => object;
  #lastTold = '';
  #isTelling = false;

  /** @param snapshotFor makes the message that brings a page up to date, whatever it has missed */
  constructor(snapshotFor: (user: User) => object) {
    this.#snapshotFor = snapshotFor;
  }

  /** Brings a socket up to date, and counts its user among the audience until it closes. */
  join(socket: WebSocket, user: User): void {
    const member: Member = { socket, user, pace: 'keeps-up' };
    this.#members.add(member);
    socket.on('drain', () => {
      if (member.pace === 'missed-some') this.#bringUpToDate(member);
      else member.pace = 'keeps-up';
    });
    socket.on('close', () => {
      this.#members.delete(member);
      this.#tellUsers();
    });
    this.#bringUpToDate(member);
    this.#tellUsers();
  }

  users(): User[] {
    return [...new Map([...this.#members].map(({ user }) => [user.id, user])).values()];
  }

  /**
   * Tells everybody what a snapshot says as well. Who reads too slowly is left out, and gets a snapshot in place of all
   * that was missed; who is gone takes nothing. Neither keeps the message from the others.
   */
  tell(message: object): void {
    this.#tellText(JSON.stringify(message));
  }

  /** Tells everybody, also those who are behind: no snapshot makes up for it. */
  interrupt(message: object): void {
    const text = JSON.stringify(message);
    for (const { socket } of this.#members) socket.send(text);
  }

  #tellText(text: string): void {
    for (const member of this.#members) {
      if (member.pace === 'keeps-up') send(member, text);
      else member.pace = 'missed-some';
    }
  }

  #bringUpToDate(member: Member): void {
    member.pace = 'keeps-up';
    send(member, JSON.stringify(this.#snapshotFor(member.user)));
    send(member, this.#usersMessage());
  }

  /** Once for all who come and go in one turn of the event loop, and not for the second tab of somebody known. */
  #tellUsers(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setImmediate(() => {
      this.#isTelling = false;
      const message = this.#usersMessage();
      if (message !== this.#lastTold) this.#tellText(message);
      this.#lastTold = message;
    });
  }

  #usersMessage(): string {
    return JSON.stringify({ type: 'users', data: this.users() });
  }
}

function send(member: Member, text: string): void {
  if (!member.socket.send(text)) member.pace = 'behind';
}
