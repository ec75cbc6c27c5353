import { createHub, type Hub } from '@turnout/topics';
import type { Person } from './person.ts';
import { Room } from './room.ts';

/** The rooms that somebody has open. */
export class Rooms {
  readonly hub: Hub = createHub();
  readonly #farewellDelay: number;
  readonly #rooms = new Map<string, Room>();

  constructor(farewellDelay: number) {
    this.#farewellDelay = farewellDelay;
  }

  open(name: string): Room {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room = new Room({
      name,
      hub: this.hub,
      farewellDelay: this.#farewellDelay,
      onEmpty: () => this.#rooms.delete(name),
    });
    this.#rooms.set(name, room);
    return room;
  }

  /** Who has a room open. */
  peopleIn(name: string): Person[] {
    return this.#rooms.get(name)?.people() ?? [];
  }

  close(): Promise<void> {
    return this.hub.close();
  }
}

/** A room's name: letters, digits, `-` and `_`, of any script. */
export function isRoomName(name: unknown): name is string {
  return typeof name === 'string' && /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]{0,31}$/u.test(name);
}
