import type { Member } from './member.ts';

/** A person has joined, left or changed. */
export type Change =
  | { readonly id: string; readonly before: undefined; readonly now: Member }
  | { readonly id: string; readonly before: Member; readonly now: undefined }
  | { readonly id: string; readonly before: Member; readonly now: Member };

/** Changes since they were last told. A person who joined and left in between does not appear. */
export class Changes {
  readonly #told = new Map<string, Member | undefined>();

  get isEmpty(): boolean {
    return this.#told.size === 0;
  }

  /** @param before the person's state until now */
  note(id: string, before: Member | undefined): void {
    if (!this.#told.has(id)) this.#told.set(id, before);
  }

  clear(): void {
    this.#told.clear();
  }

  /** Takes changes one by one: a caller that stops iterating leaves the rest. */
  *take(find: (id: string) => Member | undefined): Generator<Change, void> {
    for (const [id, before] of this.#told) {
      this.#told.delete(id);
      const now = find(id);
      if (before?.text !== now?.text || before?.stamp !== now?.stamp) yield { id, before, now } as Change;
    }
  }
}
