import type { DigestValue } from './digest.ts';
import type { Member } from './member.ts';
import { Roster } from './roster.ts';

/** A page of another node's complete list. */
export interface ListPage {
  /** From 0. */
  readonly page: number;
  readonly more: boolean;
  readonly members: readonly Member[];
}

/**
 * The people whom another node has announced in a room. A list arrives in pages, with changes between them: after the
 * last page, people who were neither listed nor announced meanwhile are removed.
 */
export class RemoteRoster {
  readonly #roster = new Roster();
  #list: { nextPage: number; readonly unlisted: Set<string> } | undefined;

  /** Whether it can be dropped without loss. */
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

  /** @returns the ids of the people listed or removed */
  list({ page, more, members }: ListPage): Iterable<string> {
    if (page === 0) this.#list = { nextPage: 0, unlisted: new Set(this.#roster.ids()) };
    // If a page is missing, the list is incomplete: the next digest causes this node to ask again.
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
