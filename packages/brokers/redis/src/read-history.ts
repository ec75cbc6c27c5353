import type { Position, StoredEntry } from '@turnout/topics';
import type { RedisPage } from './redis-history.ts';

export interface EntriesUpTo {
  /** The newest message, kept or not. */
  readonly position: Position;
  readonly entries: readonly StoredEntry[];
  /** Entries of others, in the way of ours. */
  readonly foreign: number;
}

/** Reads all that is kept after an offset, page by page, up to the position that the first page has. */
export async function readAfter(since: number, read: (after: number) => Promise<RedisPage>): Promise<EntriesUpTo> {
  const { position, entries: first, foreign } = await read(since);
  const entries: StoredEntry[] = [];
  for (let page = first, last = page.at(-1); last !== undefined; last = page.at(-1)) {
    entries.push(...page.filter(({ offset }) => offset <= position.offset));
    if (last.offset >= position.offset) break;
    // oxlint-disable-next-line no-await-in-loop -- a page begins where the one before it ends
    const next = await read(last.offset);
    if (next.position.epoch !== position.epoch) return readAfter(since, read);
    page = next.entries;
  }
  return { position, entries, foreign };
}
