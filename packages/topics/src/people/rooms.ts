import type { Told } from './pacer.ts';
import { Room } from './room.ts';

/** A follower of a room on this node. */
export interface Follower {
  /** How long, in ms, a person may be away before others are told. */
  readonly leaveDelay: number;
  /** Tells the subscribers of this node up to a page of changes. */
  tell(): Told;
}

/** A room with its state on this node. */
export interface Seat {
  readonly room: Room;
  /** Undefined if nobody on this node follows the room. */
  follower: Follower | undefined;
  idleBeats: number;
}

/** For how many full beats an unfollowed room is kept, so that following it again soon needs no questions. */
const maxIdleBeats = 1;

/** The rooms that this node knows. */
export class Rooms {
  readonly #seats = new Map<string, Seat>();

  get isEmpty(): boolean {
    return this.#seats.size === 0;
  }

  seat(topic: string): Seat | undefined {
    return this.#seats.get(topic);
  }

  find(topic: string): Room | undefined {
    return this.#seats.get(topic)?.room;
  }

  add(topic: string): Seat {
    const seat: Seat = { room: new Room(topic), follower: undefined, idleBeats: 0 };
    this.#seats.set(topic, seat);
    return seat;
  }

  /** A live iterator: yields rooms added during the iteration, skips removed ones. */
  seats(): IterableIterator<Seat> {
    return this.#seats.values();
  }

  *all(): Generator<Room, void> {
    for (const { room } of this.#seats.values()) yield room;
  }

  /** A beat of this node. @returns the rooms that were dropped */
  beat(): Seat[] {
    const dropped: Seat[] = [];
    for (const seat of this.#seats.values()) {
      if (seat.follower !== undefined || seat.idleBeats++ < maxIdleBeats) continue;
      this.#seats.delete(seat.room.topic);
      dropped.push(seat);
    }
    return dropped;
  }

  clear(): void {
    this.#seats.clear();
  }
}
