import type { Person } from './person.ts';

/** A message as it is stored and as pages receive it. */
export interface Line {
  /** Counts up, over all rooms. */
  readonly id: number;
  readonly author: Person;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The sender's key for it, so that a line that was sent twice is stored once. */
  readonly key: string;
}

/** A message before it is stored. */
export type Saying = Pick<Line, 'author' | 'key' | 'text'>;

/** Each room keeps its newest lines up to these limits, and at least one line. */
export const maxLines = 200;
export const maxBytes = 2 * 1024 * 1024;

/** How many rooms are listed. */
export const maxRooms = 20;

/** The storage of the newest lines of each room. A promise resolves only once the data is stored. */
export interface History {
  /** Stores a line and resolves with it, or with the stored line if its author has sent it before. */
  add(room: string, saying: Saying): Promise<Line>;
  /** The lines of a room after the one with this id, oldest first; all stored lines for 0. */
  after(room: string, id: number): Promise<Line[]>;
  /** The rooms with recent lines, most recent first. */
  rooms(): Promise<{ name: string; lines: number }[]>;
}
