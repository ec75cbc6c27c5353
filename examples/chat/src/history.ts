import type { Person } from './person.ts';

/** What somebody said, as it is kept and as pages get it. */
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

/** What is said, before it is kept. */
export type Saying = Pick<Line, 'author' | 'key' | 'text'>;

/** Each room keeps its newest lines up to these limits, and at least one line. */
export const maxLines = 200;
export const maxBytes = 2 * 1024 * 1024;

/** How many rooms are listed. */
export const maxRooms = 20;

/** Where the newest lines of each room are kept. What a method resolves with is kept. */
export interface History {
  /** Stores a line and resolves with it, or with the stored line if its author has sent it before. */
  add(room: string, saying: Saying): Promise<Line>;
  /** The lines of a room that came after the one with this id, the oldest first; all that are kept for 0. */
  after(room: string, id: number): Promise<Line[]>;
  /** Where something was said lately, the latest first. */
  rooms(): Promise<{ name: string; lines: number }[]>;
}
