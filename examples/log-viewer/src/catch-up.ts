import { behindOverlap } from './overlap.ts';
import { firstLines } from './remote-tail.ts';

/**
 * So long, in ms, nothing must come for the first lines to be all there, where the log has fewer than `tail` would
 * give.
 */
const settleTime = 300;

/**
 * Holds the first lines of a new connection until they are all there, and tells which of them were not shown before.
 */
export class CatchUp {
  readonly #known: readonly string[];
  readonly #onDone: (missed: string[], isGapless: boolean) => void;
  readonly #fresh: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param known what was shown before */
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

  /** Forgets what came: the next connection brings it again. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #finish(): void {
    const missed = behindOverlap(this.#known, this.#fresh);
    this.#onDone(missed ?? this.#fresh, missed !== null);
  }
}
