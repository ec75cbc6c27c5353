import { behindOverlap } from './overlap.ts';
import { firstLines } from './remote-tail.ts';

/**
 * After this many ms without a line the first lines count as complete, if the log has fewer than `tail` would send.
 */
const settleTime = 300;

/**
 * Holds the first lines of a new connection until they are complete, and returns those that were not shown before.
 */
export class CatchUp {
  readonly #known: readonly string[];
  readonly #onDone: (missed: string[], isGapless: boolean) => void;
  readonly #fresh: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param known the lines that were shown before */
  constructor(known: readonly string[], onDone: (missed: string[], isGapless: boolean) => void) {
    this.#known = known;
    this.#onDone = onDone;
  }

  push(lines: readonly string[]): void {
    this.#fresh.push(...lines);
    this.stop();
    if (this.#fresh.length >= firstLines) this.#finish();
    else this.#timer = setTimeout(() => this.#finish(), settleTime);
  }

  /** Forgets the lines: the next connection sends them again. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #finish(): void {
    const missed = behindOverlap(this.#known, this.#fresh);
    this.#onDone(missed ?? this.#fresh, missed !== null);
  }
}
