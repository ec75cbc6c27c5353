import type { Grace } from './room.ts';

/** Gives a person who has left `delay` ms to return. */
export class LeaveDelay implements Grace {
  readonly #delay: number;
  readonly #expire: (id: string) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(delay: number, expire: (id: string) => void) {
    this.#delay = delay;
    this.#expire = expire;
  }

  begin(id: string): void {
    if (this.#delay === 0) return this.#expire(id);
    if (!this.#timers.has(id)) this.#timers.set(id, setTimeout(() => this.#expire(id), this.#delay).unref());
    return undefined;
  }

  end(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  clear(): string[] {
    const ids = [...this.#timers.keys()];
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    return ids;
  }
}
