import type { Hub } from '@turnout/topics';
import type { Person } from './person.ts';
import { Room, type RoomOptions } from './room.ts';

export type RoomsOptions = Pick<RoomOptions, 'hub' | 'arrivals' | 'farewellDelay'>;

/** The open rooms. */
export class Rooms {
  readonly hub: Hub;
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, Room>();

  constructor(options: RoomsOptions) {
    this.hub = options.hub;
    this.#options = options;
  }

  open(name: string): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room = new Room({ ...this.#options, name, onEmpty: () => this.#rooms.delete(name) });
    this.#rooms.set(name, room);
    return room;
  }

  /** The people who have a room open. */
  peopleIn(name: string): Person[] {
    return this.#rooms.get(name)?.people() ?? [];
  }
}

/** A room's name: letters, digits, `-` and `_`, in any script. */
export function isRoomName(name: unknown): name is string {
  return typeof name === 'string' && /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]{0,31}$/u.test(name);
}
