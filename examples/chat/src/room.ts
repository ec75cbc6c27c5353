import { prepareMessage, type WebSocket } from '@turnout/core';
import type { History, Line } from './history.ts';
import type { Person } from './person.ts';

interface Member {
  readonly socket: WebSocket;
  readonly person: Person;
  /** The last line that was sent to the socket. */
  seen: number;
  /** More waits for it than it reads: it is sent no lines, and then all it has missed. */
  isBehind: boolean;
}

export interface RoomOptions {
  readonly name: string;
  readonly history: History;
  /** How long, in ms, somebody without a socket still counts as there: a page that is loaded anew is no farewell. */
  readonly farewellDelay: number;
  readonly onEmpty: () => void;
}

/** Everybody who has a room open. Several tabs of one person are several sockets and one person. */
export class Room {
  readonly #options: RoomOptions;
  readonly #members = new Set<Member>();
  /** Who is leaving, and when that is told. */
  readonly #leaving = new Map<string, NodeJS.Timeout>();

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  people(): Person[] {
    return [...new Map([...this.#members].map(({ person }) => [person.id, person])).values()];
  }

  /** @param after the last line that the page has; what came since is sent first, or all where some of it is gone */
  join(socket: WebSocket, person: Person, after: number): void {
    const { name, history } = this.#options;
    const isKnown = this.#isHere(person);
    this.#stay(person);
    const member: Member = { socket, person, seen: after, isBehind: false };
    send(member, { type: 'welcome', data: { you: person, room: name } });
    if (!history.isCompleteAfter(name, after)) {
      member.seen = 0;
      send(member, { type: 'restart' });
    }
    this.#catchUp(member);
    this.#members.add(member);
    socket.on('drain', () => this.#catchUp(member));
    socket.on('close', () => this.#leave(member));
    if (isKnown) send(member, this.#peopleMessage());
    else this.#announce(`Welcome ${person.name} !`);
  }

  /** Tells everybody of a new line. */
  tell(line: Line): void {
    const message = prepareMessage(JSON.stringify({ type: 'lines', data: [line] }));
    for (const member of this.#members) {
      if (member.isBehind) continue;
      member.seen = line.id;
      member.isBehind = !member.socket.send(message);
    }
  }

  /** Tells all but the one who types. What is missed of this is not made up for. */
  tellTyping(person: Person): void {
    const message = prepareMessage(JSON.stringify({ type: 'typing', data: person }));
    for (const { socket, person: other, isBehind } of this.#members) {
      if (other.id !== person.id && !isBehind) socket.send(message);
    }
  }

  /** Somebody says goodbye: everybody is told at once, unless they have the room open elsewhere too. */
  quit(socket: WebSocket): void {
    for (const member of this.#members) if (member.socket === socket) this.#part(member);
    socket.close(1000, 'quit');
  }

  dispose(): void {
    for (const timer of this.#leaving.values()) clearTimeout(timer);
  }

  #catchUp(member: Member): void {
    const { name, history } = this.#options;
    member.isBehind = false;
    const lines = history.after(name, member.seen);
    if (lines.length === 0) return;
    member.seen = lines.at(-1)!.id;
    member.isBehind = !send(member, { type: 'lines', data: lines });
  }

  #leave(member: Member): void {
    if (!this.#members.delete(member)) return;
    const { person } = member;
    if (this.#has(person)) return;
    const timer = setTimeout(() => {
      this.#leaving.delete(person.id);
      this.#sayFarewell(person);
    }, this.#options.farewellDelay);
    this.#leaving.set(person.id, timer);
  }

  #part(member: Member): void {
    const { person } = member;
    const others = [...this.#members].filter((other) => other !== member);
    // Who parts still gets the farewell, as everybody does.
    if (!others.some((other) => other.person.id === person.id)) this.#announce(`${person.name} Logout`, others);
    this.#members.delete(member);
    this.#endWhereEmpty();
  }

  #sayFarewell(person: Person): void {
    this.#announce(`${person.name} Logout`);
    this.#endWhereEmpty();
  }

  #endWhereEmpty(): void {
    if (this.#members.size === 0 && this.#leaving.size === 0) this.#options.onEmpty();
  }

  #isHere(person: Person): boolean {
    return this.#has(person) || this.#leaving.has(person.id);
  }

  #has(person: Person): boolean {
    return [...this.#members].some((member) => member.person.id === person.id);
  }

  #stay(person: Person): void {
    clearTimeout(this.#leaving.get(person.id));
    this.#leaving.delete(person.id);
  }

  /** A notice, and who is there with it. */
  #announce(text: string, staying: readonly Member[] = [...this.#members]): void {
    const notice = prepareMessage(JSON.stringify({ type: 'notice', data: { text, at: Date.now() } }));
    for (const { socket, isBehind } of this.#members) if (!isBehind) socket.send(notice);
    const people = prepareMessage(JSON.stringify(this.#peopleMessage(staying)));
    for (const { socket, isBehind } of this.#members) if (!isBehind) socket.send(people);
  }

  #peopleMessage(members: Iterable<Member> = this.#members): object {
    return { type: 'people', data: [...new Map([...members].map(({ person }) => [person.id, person])).values()] };
  }
}

function send({ socket }: Member, message: object): boolean {
  return socket.send(JSON.stringify(message));
}
