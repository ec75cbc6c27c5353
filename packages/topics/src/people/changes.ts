import type { Member } from './member.ts';

/** Somebody has come, has gone, or is another than before. */
export type Change =
  | { readonly id: string; readonly before: undefined; readonly now: Member }
  | { readonly id: string; readonly before: Member; readonly now: undefined }
  | { readonly id: string; readonly before: Member; readonly now: Member };

/** What has changed since it was told last. Who came and went meanwhile is no change. */
export class Changes {
  readonly #told = new Map<string, Member | undefined>();

  get isEmpty(): boolean {
    return this.#told.size === 0;
  }

  /** @param before what somebody was until now */
  note(id: string, before: Member | undefined): void {
    if (!this.#told.has(id)) this.#told.set(id, before);
  }

  clear(): void {
    this.#told.clear();
  }

  /** Takes one after the other: whoever stops asking leaves the rest. */
  *take(find: (id: string) => Member | undefined): Generator<Change, void> {
    for (const [id, before] of this.#told) {
      this.#told.delete(id);
      const now = find(id);
      if (before?.text !== now?.text || before?.stamp !== now?.stamp) yield { id, before, now } as Change;
    }
  }
}
