/** The first wait, and the longest, in ms. */
const [shortest, longest] = [100, 5_000];

/** How long to wait, in ms, before what has failed is tried again: twice as long each time, until it succeeds. */
export class BackOff {
  #next = shortest;

  get longest(): number {
    return longest;
  }

  fail(): number {
    const wait = this.#next;
    this.#next = Math.min(2 * wait, longest);
    return wait;
  }

  succeed(): void {
    this.#next = shortest;
  }
}
