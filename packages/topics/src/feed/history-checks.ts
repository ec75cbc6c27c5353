import type { Feed } from './feed.ts';
import type { HubContext } from './hub-context.ts';

/** Periodically asks the broker for the newest position of each history, in case the bus has lost its last message. */
export class HistoryChecks {
  readonly #context: HubContext;
  readonly #feeds: () => Iterable<Feed>;
  readonly #timer: NodeJS.Timeout | undefined;
  #isChecking = false;

  /**
   * @param interval in ms; `Infinity` for never
   * @param feeds the feeds to check, with and without history
   */
  constructor(context: HubContext, interval: number, feeds: () => Iterable<Feed>) {
    this.#context = context;
    this.#feeds = feeds;
    if (interval !== Infinity) this.#timer = setInterval(() => void this.#check(), interval).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One by one, so that many topics do not cause a burst of reads. */
  async #check(): Promise<void> {
    if (this.#isChecking || this.#context.isBrokerLost) return;
    this.#isChecking = true;
    // oxlint-disable-next-line no-await-in-loop -- see above
    for (const { follower } of this.#feeds()) await follower?.verify();
    this.#isChecking = false;
  }
}
