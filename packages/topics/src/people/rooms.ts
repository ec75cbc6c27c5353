import type { Told } from './pacer.ts';
import { Room } from './room.ts';

/** What follows a room on this node. */
export interface Follower {
  /** How long, in ms, somebody may be away before that is told. */
  readonly leaveDelay: number;
  /** Tells the subscribers of this node what has changed, up to a page of it. */
  tell(): Told;
}

/** A room as this node has it. */
export interface Seat {
  readonly room: Room;
  /** Undefined if nobody on this node wants to know who is in it. */
  follower: Follower | undefined;
  idleBeats: number;
}

/** A room that nobody follows is kept for so many whole beats: whoever comes back at once asks for nothing. */
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

  /** Follows changes: rooms that are added while it runs are given, those that are removed are not. */
  seats(): IterableIterator<Seat> {
    return this.#seats.values();
  }

  *all(): Generator<Room, void> {
    for (const { room } of this.#seats.values()) yield room;
  }

  /** A beat of this node. @returns the rooms that are kept no longer */
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
