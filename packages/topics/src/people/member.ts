import { hashText, type Hash } from './digest.ts';
import type { Person, Profile } from './person.ts';

/** A person on a node's list. */
export interface Member {
  readonly person: Person;
  /** The person as JSON. */
  readonly text: string;
  /** When the details were given, see {@link nextStamp}: where nodes have different details, the newest count. */
  readonly stamp: number;
  readonly hash: Hash;
}

export const maxStamp = 2 ** 52;

/**
 * For details that are given now: the time by the clock of this node, in ms. More where that is not later than the
 * stamp of what this node knows, as its clock may be behind that of another.
 */
export function nextStamp(known: Member | undefined): number {
  return Math.min(Math.max(Date.now(), (known?.stamp ?? 0) + 1), maxStamp);
}

export function createMember({ person, text }: Profile, stamp: number): Member {
  return { person, text, stamp, hash: hashText(`${stamp} ${text}`) };
}

/** The one of two that all nodes choose, in whatever order they hear of them. */
export function newerOf(one: Member | undefined, other: Member | undefined): Member | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.stamp !== other.stamp) return one.stamp > other.stamp ? one : other;
  return one.text >= other.text ? one : other;
}
