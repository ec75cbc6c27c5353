import type { Member } from './member.ts';

/** A page is full from here on. With one more person of the greatest length it has less than 64 KiB. */
const fullBytes = 44 * 1024;

/** People on a page, most of whom have far less than they may. */
export const peopleOnPage = 250;

/** How much of a page is taken: pages are parsed and sent in one go, so that nobody waits for a long one. */
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
 * Takes people for a page until it is full.
 *
 * @returns them as text, and whether there is nobody else
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
