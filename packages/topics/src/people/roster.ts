import { Digest } from './digest.ts';
import type { Member } from './member.ts';

/** Who one node has in a room, with the digest of it. */
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

  /** Follows changes: who is added while it runs is given, who is removed is not. */
  members(): IterableIterator<Member> {
    return this.#members.values();
  }
}
