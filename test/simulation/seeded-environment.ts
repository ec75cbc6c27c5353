import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { Random } from '@turnout/test-kit/random';
import { VirtualClock, VirtualTimer } from '@turnout/test-kit/virtual-clock';

/**
 * A process in which time, randomness and ids come from a seed: the same seed gives exactly the same run.
 *
 * It replaces globals permanently: use it only in a separate process.
 */
export class SeededEnvironment {
  clock = new VirtualClock();
  /** Uncaught errors and rejections. */
  readonly uncaught: unknown[] = [];
  #random = new Random(0);

  /** Resets everything for the seed. */
  begin(seed: number): VirtualClock {
    this.clock = new VirtualClock();
    this.#random = new Random(seed);
    this.uncaught.length = 0;
    return this.clock;
  }

  install(): void {
    this.#installTimers();
    Math.random = () => this.#random.below(2 ** 32) / 2 ** 32;
    performance.now = () => this.clock.now;
    Date.now = () => Math.floor(this.clock.now);
    const randomBytes = (size: number): Buffer => this.#random.bytes(size);
    const randomUUID = (): string =>
      randomBytes(16)
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    Object.assign(crypto, { randomBytes, randomUUID });
    syncBuiltinESMExports();
    process.on('unhandledRejection', (error) => this.uncaught.push(error));
    process.on('uncaughtException', (error) => this.uncaught.push(error));
  }

  #installTimers(): void {
    const start =
      (repeats: boolean) =>
      (callback: (...parameters: unknown[]) => void, delay?: number, ...parameters: unknown[]): VirtualTimer =>
        new VirtualTimer(this.clock, () => this.#guard(() => callback(...parameters)), {
          delay: Number(delay),
          repeats,
        });
    const stop = (timer: unknown): void => {
      if (timer instanceof VirtualTimer) timer.close();
    };
    const immediate = (callback: (...parameters: unknown[]) => void, ...parameters: unknown[]): unknown =>
      this.clock.schedule(0, () => this.#guard(() => callback(...parameters)));
    const replaced = {
      setTimeout: start(false),
      setInterval: start(true),
      clearTimeout: stop,
      clearInterval: stop,
      setImmediate: immediate,
      clearImmediate: (entry: { isCancelled: boolean } | undefined) => {
        if (entry !== undefined) entry.isCancelled = true;
      },
    };
    Object.assign(globalThis, replaced);
    Object.assign(timers, replaced);
    Object.assign(timersPromises, {
      setTimeout: (delay: number, value: unknown, options?: { signal?: AbortSignal }) =>
        this.#delay(delay, value, options),
      setImmediate: (value: unknown) => this.#delay(0, value),
    });
  }

  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.uncaught.push(error);
    }
  }

  #delay(delay: number, value: unknown, { signal }: { signal?: AbortSignal } = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(new DOMException('The operation was aborted', 'AbortError'));
      if (signal?.aborted) return abort();
      signal?.addEventListener('abort', abort, { once: true });
      this.clock.schedule(Math.max(delay, 1), () => {
        signal?.removeEventListener('abort', abort);
        resolve(value);
      });
      return undefined;
    });
  }
}
