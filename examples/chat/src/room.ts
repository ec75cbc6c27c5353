import type { WebSocket } from '@turnout/express';
import type { Admitted, Hub, Topic } from '@turnout/topics';
import type { Line } from './history.ts';
import type { Person } from './person.ts';

export interface RoomOptions {
  readonly name: string;
  readonly hub: Hub;
  /** How long, in ms, somebody without a socket still counts as there: a page that is loaded anew is no farewell. */
  readonly farewellDelay: number;
  readonly onEmpty: () => void;
}

/** What a page that was away for a while gets by itself; one that was away for longer fetches the lines that are kept. */
const missed = { size: 100, ttl: 120_000 };

/** A room that somebody has open: what is said in it, and who is in it. Several tabs of one person are one person. */
export class Room {
  readonly #options: RoomOptions;
  /** Lines and notices. */
  readonly #talk: Topic;
  /** Who types: nobody needs to know later. */
  readonly #typing: Topic;
  readonly #unfollow: () => void;
  #sockets = 0;
  readonly #onJoin = ({ details }: { readonly details?: unknown }): void =>
    this.#announce(`Welcome ${String(details)} !`);
  readonly #onLeave = ({ details }: { readonly details?: unknown }): void => {
    this.#announce(`${String(details)} Logout`);
    this.#endIfEmpty();
  };

  constructor(options: RoomOptions) {
    const { hub, name, farewellDelay } = options;
    this.#options = options;
    this.#talk = hub.topic(`room ${name}`, { history: missed, presence: { leaveDelay: farewellDelay } });
    this.#typing = hub.topic(`typing ${name}`, { envelope: true });
    this.#talk.on('join', this.#onJoin).on('leave', this.#onLeave);
    this.#unfollow = this.#talk.follow();
  }

  people(): Person[] {
    return this.#talk.people().map(({ id, details }) => ({ id, name: String(details) }));
  }

  /** A socket that may have the topics of the room. */
  enter(socket: WebSocket): void {
    this.#sockets++;
    socket.on('close', () => {
      this.#sockets--;
      this.#endIfEmpty();
    });
  }

  /** The topic of a name, which a page has asked for. */
  admit(name: string, { id, name: details }: Person): Admitted | null {
    if (name === this.#talk.name) return { topic: this.#talk, person: { id, details } };
    return name === this.#typing.name ? { topic: this.#typing } : null;
  }

  /** Tells everybody of a new line. */
  tell(line: Line): Promise<boolean> {
    return this.#talk.publish(JSON.stringify({ type: 'line', data: line }));
  }

  /** Tells all but the one who types. */
  tellTyping(socket: WebSocket, person: Person): Promise<boolean> {
    return this.#typing.publish(JSON.stringify(person), { except: socket });
  }

  /** Somebody says goodbye: everybody is told at once, unless they have the room open elsewhere too. */
  quit(socket: WebSocket, person: Person): void {
    this.#talk.unsubscribe(socket, { atOnce: true });
    // Who goes gets the farewell, as everybody does.
    if (!this.people().some(({ id }) => id === person.id)) socket.send(noticeOf(`${person.name} Logout`));
    socket.close(1000, 'quit');
  }

  #announce(text: string): void {
    // It fails only once the app is closed, and there is nobody left to be told.
    this.#talk.publish(noticeOf(text)).catch(() => {});
  }

  /** Somebody may just be coming, or be back soon. */
  #endIfEmpty(): void {
    if (this.#sockets > 0 || this.people().length > 0) return;
    this.#talk.off('join', this.#onJoin).off('leave', this.#onLeave);
    this.#unfollow();
    this.#options.onEmpty();
  }
}

function noticeOf(text: string): string {
  return JSON.stringify({ type: 'notice', data: { text, at: Date.now() } });
}
