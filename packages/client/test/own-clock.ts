import { AsyncLocalStorage } from 'node:async_hooks';
import { vi } from 'vitest';
import { VirtualClock, VirtualTimer } from '@turnout/test-kit/virtual-clock';

const real = { setTimeout, setInterval, clearTimeout, now: Date.now, random: Math.random };
const maxSteps = 100_000;

/**
 * The clock that the running code is on. One storage for all clocks: each one that was ever used would slow down every
 * promise of the process.
 */
const current = new AsyncLocalStorage<OwnClock>();

/**
 * A clock and a random source for one piece of work and what it starts. The rest of the process keeps the real ones:
 * sockets and servers of other tests may still be closing, and their timers do not belong to the client.
 */
export class OwnClock {
  readonly #clock = new VirtualClock();
  /** Pending callbacks by timer. */
  readonly #pending = new Map<VirtualTimer, () => void>();
  readonly #random: () => number;
  /** How far the wall clock was advanced, in ms. */
  #jumped = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Runs something on this clock. The globals are replaced until it ends. */
  async run(work: () => Promise<void>): Promise<void> {
    const clear = (timer: unknown): void => this.#clear(timer);
    const replaced = {
      setTimeout: this.#start(real.setTimeout, false),
      setInterval: this.#start(real.setInterval, true),
      clearTimeout: clear,
      clearInterval: clear,
    };
    for (const [name, value] of Object.entries(replaced)) vi.stubGlobal(name, value);
    vi.spyOn(Date, 'now').mockImplementation(() => (this.#isOurs ? this.#clock.now + this.#jumped : real.now()));
    vi.spyOn(Math, 'random').mockImplementation(() => (this.#isOurs ? this.#random() : real.random()));
    try {
      await current.run(this, work);
    } finally {
      current.disable();
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    }
  }

  /** Advances the time by this many ms, and runs the callbacks that become due. */
  async advance(ms: number): Promise<void> {
    const { now, steps } = this.#clock;
    if (!(await this.#clock.runUntil(now + ms, steps + maxSteps))) {
      throw new Error(`More than ${maxSteps} timers in ${ms} ms`);
    }
  }

  /** Simulates sleep for this many ms: the wall clock advances, the timers do not. */
  sleep(ms: number): void {
    this.#jumped += ms;
  }

  /** The source of each pending callback. */
  get pending(): string[] {
    return Array.from(this.#pending.values(), String);
  }

  get #isOurs(): boolean {
    return current.getStore() === this;
  }

  #start(startReal: typeof setTimeout | typeof setInterval, repeats: boolean) {
    return (callback: () => void, delay = 0): unknown => {
      if (!this.#isOurs) return startReal(callback, delay);
      const onDue = (): void => {
        if (!repeats) this.#pending.delete(timer);
        callback();
      };
      const timer = new VirtualTimer(this.#clock, onDue, { delay, repeats });
      this.#pending.set(timer, callback);
      return timer;
    };
  }

  #clear(timer: unknown): void {
    if (!(timer instanceof VirtualTimer)) return real.clearTimeout(timer as NodeJS.Timeout);
    this.#pending.delete(timer);
    return timer.close();
  }
}
