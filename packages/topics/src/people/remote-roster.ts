import type { DigestValue } from './digest.ts';
import type { Member } from './member.ts';
import { Roster } from './roster.ts';

/** A part of another node's whole list. */
export interface ListPage {
  /** From 0. */
  readonly page: number;
  readonly more: boolean;
  readonly members: readonly Member[];
}

/**
 * Who another node has in a room, as far as it has told. A list comes in pages, and changes come between them: once the
 * last page is there, who was neither listed nor told of meanwhile is on it no more.
 */
export class RemoteRoster {
  readonly #roster = new Roster();
  #list: { nextPage: number; readonly unlisted: Set<string> } | undefined;

  /** Whether it holds nothing that would be missed. */
  get isBlank(): boolean {
    return this.#roster.size === 0 && this.#list === undefined;
  }

  get(id: string): Member | undefined {
    return this.#roster.get(id);
  }

  ids(): Iterable<string> {
    return this.#roster.ids();
  }

  equals(digest: DigestValue): boolean {
    return this.#roster.digest.equals(digest);
  }

  join(member: Member): void {
    this.#roster.set(member);
    this.#list?.unlisted.delete(member.person.id);
  }

  leave(id: string): void {
    this.#roster.delete(id);
    this.#list?.unlisted.delete(id);
  }

  /** @returns the ids of those who are listed, or are no more */
  list({ page, more, members }: ListPage): Iterable<string> {
    if (page === 0) this.#list = { nextPage: 0, unlisted: new Set(this.#roster.ids()) };
    // With a page missing the list is not whole: the next digest has it asked for again.
    if (this.#list?.nextPage !== page) this.#list = undefined;
    for (const member of members) this.join(member);
    const listed = members.map(({ person }) => person.id);
    if (this.#list === undefined) return listed;
    this.#list.nextPage++;
    if (more) return listed;
    const gone = [...this.#list.unlisted];
    this.#list = undefined;
    for (const id of gone) this.#roster.delete(id);
    return [...listed, ...gone];
  }
}
