import { hashText, type Hash } from './digest.ts';
import type { Person, Profile } from './person.ts';

/** A person on a node's list. */
export interface Member {
  readonly person: Person;
  /** The person as JSON. */
  readonly text: string;
  /** When the details were set, see {@link nextStamp}: if nodes have different details, the newest win. */
  readonly stamp: number;
  readonly hash: Hash;
}

export const maxStamp = 2 ** 52;

/**
 * The stamp for details that are set now: this node's clock, in ms; or the known stamp + 1 if that is later, as the
 * clock may be behind another node's.
 */
export function nextStamp(known: Member | undefined): number {
  return Math.min(Math.max(Date.now(), (known?.stamp ?? 0) + 1), maxStamp);
}

export function createMember({ person, text }: Profile, stamp: number): Member {
  return { person, text, stamp, hash: hashText(`${stamp} ${text}`) };
}

/** The newer of two; all nodes choose the same one, in whatever order they receive them. */
export function newerOf(one: Member | undefined, other: Member | undefined): Member | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.stamp !== other.stamp) return one.stamp > other.stamp ? one : other;
  return one.text >= other.text ? one : other;
}
