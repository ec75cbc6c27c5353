import type { WebSocket } from '@turnout/core';
import type { Hub, Topic } from '@turnout/topics';
import type { History, Line } from './history.ts';
import type { Person } from './person.ts';

export interface RoomOptions {
  readonly name: string;
  readonly hub: Hub;
  readonly history: History;
  /** How long, in ms, somebody without a socket still counts as there: a page that is loaded anew is no farewell. */
  readonly farewellDelay: number;
  readonly onEmpty: () => void;
}

/** A room that somebody has open. Several tabs of one person are several sockets and one person. */
export class Room {
  readonly #options: RoomOptions;
  readonly #topic: Topic;
  readonly #unfollow: () => void;
  readonly #onJoin = ({ details }: { readonly details?: unknown }): void =>
    this.#announce(`Welcome ${String(details)} !`);
  readonly #onLeave = ({ details }: { readonly details?: unknown }): void => {
    this.#announce(`${String(details)} Logout`);
    // Somebody may just be coming.
    if (this.#topic.size === 0 && this.people().length === 0) this.#end();
  };

  constructor(options: RoomOptions) {
    const { hub, name, farewellDelay } = options;
    this.#options = options;
    this.#topic = hub.topic(name, { presence: { leaveDelay: farewellDelay } });
    this.#topic.on('join', this.#onJoin).on('leave', this.#onLeave);
    this.#unfollow = this.#topic.follow();
  }

  people(): Person[] {
    return this.#topic.people().map(({ id, details }) => ({ id, name: String(details) }));
  }

  /** @param after the last line that the page has; what came since is sent first, or all where some of it is gone */
  async join(socket: WebSocket, person: Person, after: number): Promise<void> {
    await this.#topic.subscribe(socket, {
      person: { id: person.id, details: person.name },
      // The history is in this process: no line is told between it and the live ones.
      onSubscribed: () => this.#bringUpToDate(socket, person, after),
    });
    send(socket, this.#peopleMessage());
  }

  /** Tells everybody of a new line. */
  tell(line: Line): Promise<boolean> {
    return this.#topic.publish(JSON.stringify({ type: 'lines', data: [line] }));
  }

  /** Tells all but the one who types. */
  tellTyping(socket: WebSocket, person: Person): Promise<boolean> {
    return this.#topic.publish(JSON.stringify({ type: 'typing', data: person }), { except: socket });
  }

  /** Somebody says goodbye: everybody is told at once, unless they have the room open elsewhere too. */
  quit(socket: WebSocket, person: Person): void {
    this.#topic.unsubscribe(socket, { atOnce: true });
    // Who goes gets the farewell, as everybody does.
    if (!this.people().some(({ id }) => id === person.id)) send(socket, noticeOf(`${person.name} Logout`));
    socket.close(1000, 'quit');
  }

  #bringUpToDate(socket: WebSocket, person: Person, after: number): void {
    const { name, history } = this.#options;
    const isComplete = history.isCompleteAfter(name, after);
    const lines = history.after(name, isComplete ? after : 0);
    send(socket, { type: 'welcome', data: { you: person, room: name } });
    if (!isComplete) send(socket, { type: 'restart' });
    if (lines.length > 0) send(socket, { type: 'lines', data: lines });
  }

  /** A notice, and who is there with it. */
  #announce(text: string): void {
    for (const message of [noticeOf(text), this.#peopleMessage()]) void this.#topic.publish(JSON.stringify(message));
  }

  #peopleMessage(): object {
    return { type: 'people', data: this.people() };
  }

  #end(): void {
    this.#topic.off('join', this.#onJoin).off('leave', this.#onLeave);
    this.#unfollow();
    this.#options.onEmpty();
  }
}

function noticeOf(text: string): object {
  return { type: 'notice', data: { text, at: Date.now() } };
}

function send(socket: WebSocket, message: object): void {
  socket.send(JSON.stringify(message));
}
