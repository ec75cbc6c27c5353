import { hashText, type Hash } from './digest.ts';
import type { Person, Profile } from './person.ts';

/** A person on a node's list. */
export interface Member {
  readonly person: Person;
  /** The person as JSON. */
  readonly text: string;
  /**
   * Grows with each change of the details that a node has seen: where nodes have different details, the newest count.
   */
  readonly stamp: number;
  readonly hash: Hash;
}

export const maxStamp = 2 ** 32;

export function createMember({ person, text }: Profile, stamp: number): Member {
  return { person, text, stamp, hash: hashText(`${stamp} ${text}`) };
}

/** The one of two that all nodes choose, in whatever order they hear of them. */
export function newerOf(one: Member | undefined, other: Member | undefined): Member | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.stamp !== other.stamp) return one.stamp > other.stamp ? one : other;
  return one.text >= other.text ? one : other;
}
