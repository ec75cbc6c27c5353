export interface RateLimitOptions {
  /** How many at once. */
  readonly burst: number;
  /** How many per second after that. */
  readonly perSecond: number;
  /** A clock in ms. Default `Date.now`. */
  readonly now?: () => number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** Full buckets are removed once more people than this are remembered. */
const leastRemembered = 1_000;

/** A token bucket for each person, over all their pages. */
export class RateLimit {
  readonly #burst: number;
  readonly #perMs: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #sweepAt = leastRemembered;

  constructor({ burst, perSecond, now = Date.now }: RateLimitOptions) {
    this.#burst = burst;
    this.#perMs = perSecond / 1000;
    this.#now = now;
  }

  /** How many people are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes a token; returns 0, or how many ms to wait if the bucket is empty. */
  take(id: string): number {
    const tokens = this.#tokensOf(this.#buckets.get(id));
    if (tokens < 1) return Math.ceil((1 - tokens) / this.#perMs);
    this.#buckets.set(id, { tokens: tokens - 1, at: this.#now() });
    if (this.#buckets.size >= this.#sweepAt) this.#sweep();
    return 0;
  }

  /** Forgets people whose bucket is full. */
  #sweep(): void {
    for (const [id, bucket] of this.#buckets) if (this.#tokensOf(bucket) === this.#burst) this.#buckets.delete(id);
    this.#sweepAt = Math.max(leastRemembered, 2 * this.#buckets.size);
  }

  #tokensOf(bucket: Bucket | undefined): number {
    if (bucket === undefined) return this.#burst;
    return Math.min(this.#burst, bucket.tokens + (this.#now() - bucket.at) * this.#perMs);
  }
}
