import type { VirtualClock } from '@turnout/test-kit/virtual-clock';

/** One direction of a connection: what is sent arrives later, in order, unless the connection is cut before. */
export class Pipe {
  readonly #clock: VirtualClock;
  readonly #delay: () => number;
  #lastAt = 0;
  #isCut = false;

  /** @param delay of what is sent next, in ms */
  constructor(clock: VirtualClock, delay: () => number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  send(arrive: () => void): void {
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now + this.#delay());
    this.#schedule(this.#lastAt, arrive);
  }

  /** Beside what else is sent, so that it may be overtaken. */
  sendAside(arrive: () => void): void {
    this.#schedule(this.#clock.now + this.#delay() * 4, arrive);
  }

  /** What is under way does not arrive, nor what is sent from now on. */
  cut(): void {
    this.#isCut = true;
  }

  #schedule(at: number, arrive: () => void): void {
    this.#clock.schedule(at - this.#clock.now, () => {
      if (!this.#isCut) arrive();
    });
  }
}
