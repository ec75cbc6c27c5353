/** How much somebody may say at once, and how long, in ms, until they may say one more. */
const burst = 10;
const refill = 1_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** A token bucket for each person, whatever they have open. */
export class RateLimit {
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now a clock in ms */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Takes one; returns 0, or how many ms to wait where there is none. */
  take(id: string): number {
    const tokens = this.#tokensOf(id);
    if (tokens < 1) return Math.ceil((1 - tokens) * refill);
    this.#buckets.set(id, { tokens: tokens - 1, at: this.#now() });
    return 0;
  }

  /** Somebody has gone: their bucket goes once it is as full as a new one. */
  forgetLater(id: string): void {
    setTimeout(() => {
      if (this.#tokensOf(id) === burst) this.#buckets.delete(id);
    }, burst * refill).unref();
  }

  #tokensOf(id: string): number {
    const bucket = this.#buckets.get(id);
    return bucket === undefined ? burst : Math.min(burst, bucket.tokens + (this.#now() - bucket.at) / refill);
  }
}
