/** The first and the longest delay, in ms. */
const [shortest, longest] = [100, 5_000];

/** The delay in ms before a failed operation is retried. It doubles with each failure until one succeeds. */
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
