import type { StoredEntry } from '@turnout/topics';
import type { HistoryEnd } from './known-positions.ts';
import type { RedisPage } from './redis-history.ts';

export interface EntriesUpTo extends HistoryEnd {
  readonly entries: readonly StoredEntry[];
  /** How many foreign entries are in the way of ours. */
  readonly foreign: number;
}

/** Reads the messages after an offset page by page, up to the position reported by the first page. */
export async function readAfter(since: number, read: (after: number) => Promise<RedisPage>): Promise<EntriesUpTo> {
  const first = await read(since);
  const { position, former, foreign } = first;
  const entries: StoredEntry[] = [];
  for (let page = first; ;) {
    entries.push(...page.entries.filter(({ offset }) => offset <= position.offset));
    if (page.end >= position.offset) break;
    // oxlint-disable-next-line no-await-in-loop -- a page begins where the one before it ends
    page = await read(page.end);
    if (page.position.epoch !== position.epoch) return readAfter(since, read);
  }
  return { position, former, entries, foreign };
}
