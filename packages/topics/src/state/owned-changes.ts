import { setTimeout as delay } from 'node:timers/promises';
import { BackOff } from '../bus/back-off.ts';
import { hasCode, hubClosed } from '../bus/errors.ts';
import { versionOf, type StateNews } from '../bus/state-news.ts';

/** What the nodes have not been told yet: the latest change of a key, or to load the state again. */
interface Untold {
  change: StateNews;
  readonly told: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Keys told at a time. */
const batchSize = 64;

/**
 * Tells all nodes what has changed in the application's own store. A change that cannot be told now is told later; of
 * several of one key only the latest.
 */
export class OwnedChanges {
  readonly #publish: (news: StateNews) => Promise<unknown>;
  readonly #untold = new Map<string, Untold>();
  #isTelling = false;
  #isClosed = false;

  constructor(publish: (news: StateNews) => Promise<unknown>) {
    this.#publish = publish;
  }

  get isEmpty(): boolean {
    return this.#untold.size === 0;
  }

  /**
   * Resolves once all nodes have been told this change of the key, or a later one. Rejects only if that will never be
   * possible.
   */
  tell(change: StateNews): Promise<void> {
    if (this.#isClosed) return Promise.reject(hubClosed());
    // No key is empty.
    const key = change.type === 'reload' ? '' : change.key;
    const untold = this.#untold.get(key) ?? { change, ...settlable() };
    if (!isLater(untold.change, change)) untold.change = change;
    this.#untold.set(key, untold);
    if (!this.#isTelling) void this.#tellAll();
    return untold.told;
  }

  close(): void {
    this.#isClosed = true;
    for (const { reject } of this.#untold.values()) reject(hubClosed());
    this.#untold.clear();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    const backOff = new BackOff();
    // Changes of one turn of the event loop are told together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#untold.size > 0 && !this.#isClosed) {
      const batch = [...this.#untold].slice(0, batchSize);
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other
      const isTold = await Promise.all(batch.map(([key, untold]) => this.#tellOne(key, untold)));
      if (isTold.every(Boolean)) backOff.succeed();
      // oxlint-disable-next-line no-await-in-loop -- a pause
      else await delay(backOff.fail(), undefined, { ref: false });
    }
    this.#isTelling = false;
  }

  async #tellOne(key: string, untold: Untold): Promise<boolean> {
    const { change } = untold;
    const failure = await this.#publish(change).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const isFinal = failure === undefined || hasCode(failure.error, 'TOPIC_ERR_TOO_LONG', 'TOPIC_ERR_CLOSED');
    if (!isFinal) return false;
    // A later change of the key is told next.
    if (untold.change !== change || this.#untold.get(key) !== untold) return true;
    this.#untold.delete(key);
    if (failure === undefined) untold.resolve();
    else untold.reject(failure.error);
    return true;
  }
}

function isLater(known: StateNews, change: StateNews): boolean {
  return (versionOf(known) ?? NaN) > (versionOf(change) ?? NaN);
}

function settlable(): Pick<Untold, 'told' | 'resolve' | 'reject'> {
  let settle = { resolve: (): void => {}, reject: (_error: unknown): void => {} };
  const told = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { told, ...settle };
}
