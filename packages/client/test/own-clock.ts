import { AsyncLocalStorage } from 'node:async_hooks';
import { vi } from 'vitest';
import { VirtualClock, VirtualTimer } from '@turnout/test-kit/virtual-clock';

const real = { setTimeout, setInterval, clearTimeout, now: Date.now, random: Math.random };
const maxSteps = 100_000;

/**
 * Time and chance for one piece of work and what it sets off. The rest of the process keeps the real ones: sockets and
 * servers of other tests may still be closing, and their timers are none of a client's.
 */
export class OwnClock {
  readonly #clock = new VirtualClock();
  readonly #context = new AsyncLocalStorage<boolean>();
  /** What is still to be called, by its timer. */
  readonly #pending = new Map<VirtualTimer, () => void>();
  readonly #random: () => number;
  /** How far the clock on the wall was set on, in ms. */
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
      await this.#context.run(true, work);
    } finally {
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    }
  }

  /** Lets so many ms pass, and all come that is due in them. */
  async advance(ms: number): Promise<void> {
    const { now, steps } = this.#clock;
    if (!(await this.#clock.runUntil(now + ms, steps + maxSteps))) {
      throw new Error(`More than ${maxSteps} timers in ${ms} ms`);
    }
  }

  /** The machine has slept for so many ms: its timers have not run on. */
  sleep(ms: number): void {
    this.#jumped += ms;
  }

  /** The source of each callback that a timer is still to call. */
  get pending(): string[] {
    return Array.from(this.#pending.values(), String);
  }

  get #isOurs(): boolean {
    return this.#context.getStore() === true;
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
