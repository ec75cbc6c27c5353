import type { VirtualClock } from '@turnout/test-kit/virtual-clock';

/** One direction of a connection: what is sent arrives later, in order, unless the connection is cut before. */
export class Pipe {
  readonly #clock: VirtualClock;
  readonly #delay: () => number;
  #lastAt = 0;
  #isCut = false;

  /** @param delay of the next message, in ms */
  constructor(clock: VirtualClock, delay: () => number) {
    this.#clock = clock;
    this.#delay = delay;
  }

  send(arrive: () => void): void {
    this.#lastAt = Math.max(this.#lastAt, this.#clock.now + this.#delay());
    this.#schedule(this.#lastAt, arrive);
  }

  /** Sent separately, so that it can be overtaken. */
  sendAside(arrive: () => void): void {
    this.#schedule(this.#clock.now + this.#delay() * 4, arrive);
  }

  /** Messages in flight do not arrive, nor do later ones. */
  cut(): void {
    this.#isCut = true;
  }

  #schedule(at: number, arrive: () => void): void {
    this.#clock.schedule(at - this.#clock.now, () => {
      if (!this.#isCut) arrive();
    });
  }
}
