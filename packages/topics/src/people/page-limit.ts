import type { Member } from './member.ts';

/** A page of this many bytes is full. With one more person of the maximum length it stays below 64 KiB. */
const fullBytes = 44 * 1024;

/** The most people on a page. Most have far fewer details than allowed. */
export const peopleOnPage = 250;

/** Tracks how full a page is. A page is parsed and sent in one go, so it must be short. */
export class PageLimit {
  readonly #maxItems: number;
  #bytes = 0;
  #items = 0;

  constructor(maxItems: number) {
    this.#maxItems = maxItems;
  }

  get isFull(): boolean {
    return this.#items >= this.#maxItems || this.#bytes >= fullBytes;
  }

  get isEmpty(): boolean {
    return this.#items === 0;
  }

  add(text: string): void {
    this.#items++;
    this.#bytes += Buffer.byteLength(text) + 1;
  }
}

/**
 * Takes people from an iterator until the page is full.
 *
 * @returns the people as text, and whether these were the last
 */
export function takeMembers(
  members: Iterator<Member, unknown>,
  limit: PageLimit,
  encode: (member: Member) => string,
): { readonly texts: string[]; readonly isWhole: boolean } {
  const texts: string[] = [];
  while (!limit.isFull) {
    const next = members.next();
    if (next.done === true) return { texts, isWhole: true };
    const text = encode(next.value);
    texts.push(text);
    limit.add(text);
  }
  return { texts, isWhole: false };
}
