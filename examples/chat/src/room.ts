import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from '@turnout/express';
import { TopicError, type Admitted, type Hub, type Topic } from '@turnout/topics';
import type { Arrivals } from './arrivals.ts';
import type { Line } from './history.ts';
import type { Person } from './person.ts';

export interface RoomOptions {
  readonly name: string;
  readonly hub: Hub;
  readonly arrivals: Arrivals;
  /** How long, in ms, a person without a socket still counts as present: reloading a page is not leaving. */
  readonly farewellDelay: number;
  readonly onEmpty: () => void;
}

interface PersonThere {
  readonly id: string;
  readonly details?: unknown;
}

/**
 * What a page receives by resuming after a short absence; after a longer one it fetches the stored lines.
 */
const missed = { size: 100, ttl: 120_000 };

/** How long, in ms, to wait before publishing a line again after a failure. */
const retryDelay = 500;

/** An open room: its messages and the people in it. Several tabs of one person count as one. */
export class Room {
  readonly #options: RoomOptions;
  /** Lines and notices. */
  readonly #talk: Topic;
  /** Typing notices, which have no history. */
  readonly #typing: Topic;
  readonly #unfollow: () => void;
  #sockets = 0;
  readonly #onJoin = ({ id, details }: PersonThere): void =>
    void this.#announce(id, 'here', `Welcome ${String(details)} !`);
  readonly #onLeave = ({ id, details }: PersonThere): void => {
    void this.#announce(id, 'gone', `${String(details)} Logout`);
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

  /** A socket that may subscribe to the topics of the room. */
  enter(socket: WebSocket): void {
    this.#sockets++;
    socket.on('close', () => {
      this.#sockets--;
      this.#endIfEmpty();
    });
  }

  /** The topic that a page has requested by name. */
  admit(name: string, { id, name: details }: Person): Admitted | null {
    if (name === this.#talk.name) return { topic: this.#talk, person: { id, details } };
    return name === this.#typing.name ? { topic: this.#typing } : null;
  }

  /** Publishes a stored line, and retries until that succeeds: pages recognize it by its id. */
  async tell(line: Line): Promise<void> {
    const message = JSON.stringify({ type: 'line', data: line });
    for (;;) {
      const problem = await this.#publish(message);
      if (problem === undefined || isFinal(problem)) return;
      await delay(retryDelay, undefined, { ref: false });
    }
  }

  /** Notifies everybody except the person who types. */
  tellTyping(socket: WebSocket, person: Person): Promise<boolean> {
    return this.#typing.publish(JSON.stringify(person), { except: socket });
  }

  /** A person quits: announces it immediately, unless the person has the room open elsewhere too. */
  quit(socket: WebSocket, person: Person): void {
    this.#talk.unsubscribe(socket, { atOnce: true });
    // The person who leaves also receives the farewell.
    if (!this.people().some(({ id }) => id === person.id)) socket.send(noticeOf(`${person.name} Logout`));
    socket.close(1000, 'quit');
  }

  /** Only one process announces it. A notice that cannot be published is dropped. */
  async #announce(person: string, state: 'here' | 'gone', text: string): Promise<void> {
    const isNews = await this.#options.arrivals.note(this.#options.name, person, state).catch(() => false);
    if (isNews) await this.#publish(noticeOf(text));
  }

  /** Resolves with the error, if any. */
  async #publish(message: string): Promise<unknown> {
    try {
      await this.#talk.publish(message);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** A person may be joining, or return soon. */
  #endIfEmpty(): void {
    if (this.#sockets > 0 || this.people().length > 0) return;
    this.#talk.off('join', this.#onJoin).off('leave', this.#onLeave);
    this.#unfollow();
    this.#options.onEmpty();
  }
}

function isFinal(problem: unknown): boolean {
  return problem instanceof TopicError && ['TOPIC_ERR_CLOSED', 'TOPIC_ERR_TOO_LONG'].includes(problem.code);
}

function noticeOf(text: string): string {
  return JSON.stringify({ type: 'notice', data: { text, at: Date.now() } });
}
