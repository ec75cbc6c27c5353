import { Digest } from './digest.ts';
import type { Member } from './member.ts';

/** The people whom one node has in a room, and their digest. */
export class Roster {
  readonly digest = new Digest();
  readonly #members = new Map<string, Member>();

  get size(): number {
    return this.#members.size;
  }

  get(id: string): Member | undefined {
    return this.#members.get(id);
  }

  set(member: Member): void {
    const { id } = member.person;
    const before = this.#members.get(id);
    if (before !== undefined) this.digest.remove(before.hash);
    this.#members.set(id, member);
    this.digest.add(member.hash);
  }

  delete(id: string): boolean {
    const member = this.#members.get(id);
    if (member === undefined) return false;
    this.#members.delete(id);
    this.digest.remove(member.hash);
    return true;
  }

  ids(): Iterable<string> {
    return this.#members.keys();
  }

  /** A live iterator: yields members added during the iteration, skips removed ones. */
  members(): IterableIterator<Member> {
    return this.#members.values();
  }
}
