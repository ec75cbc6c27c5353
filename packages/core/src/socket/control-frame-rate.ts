import { CloseCode } from '../close-code.ts';
import { ProtocolError } from '../errors.ts';

/** In ms: so many frames as are allowed may come in it. */
const refillTime = 5_000;

/** Bounds how often a peer sends Pings and Pongs: `maxControlFrames` at once, and as many again in each 5 s after that. */
export class ControlFrameRate {
  readonly #max: number;
  #left: number;
  #countedAt: number;

  /** @param now in ms, of a clock that is never set */
  constructor(maxControlFrames: number, now: number) {
    this.#max = maxControlFrames;
    this.#left = maxControlFrames;
    this.#countedAt = now;
  }

  /** Counts a frame. Returns the fault, 1008, where it is one too many. */
  count(now: number): ProtocolError | null {
    const refill = (this.#max * (now - this.#countedAt)) / refillTime;
    this.#left = Math.min(this.#max, this.#left + refill);
    this.#countedAt = now;
    if (this.#left >= 1) {
      this.#left--;
      return null;
    }
    return new ProtocolError(
      'WS_ERR_TOO_MANY_CONTROL_FRAMES',
      CloseCode.PolicyViolation,
      `Too many Pings and Pongs: over maxControlFrames ${this.#max} in ${refillTime / 1_000} s`,
    );
  }
}
