import type { ProtocolError } from '../errors.ts';
import type { ConnectionLimits } from '../limits.ts';
import { Round, type RoundMember } from './round.ts';
import { slowPeer } from './slow-peer.ts';

const ticksOfTimeout = 4;

/** Over `maxBufferedAmount` a peer has this part of `sendTimeout` to move, or of 25 s where that is `Infinity`. */
const ticksOverLimit = 2;
const timeoutOverLimit = 25_000;

export type StallLimits = Pick<ConnectionLimits, 'sendTimeout' | 'maxBufferedAmount'>;

/** The output of a socket, as a watch sees it. */
export interface WaitingOutput {
  /** Whether bytes wait for the peer to take them. */
  readonly isWaiting: boolean;
  /** Bytes that wait. */
  readonly bufferedAmount: number;
  /** A number that changes whenever bytes have gone. */
  readonly bytesGone: number;
  /** Looks closer, for `bytesGone`, at a peer of which nothing is seen. Never rejects. */
  askSystem(): Promise<void>;
  onStalled(error: ProtocolError): void;
}

/**
 * Finds a peer that takes nothing: bytes wait for it, and none has gone for `sendTimeout`. Whether it moves is judged,
 * not how much waits; only one that does not move at all has less time when more than `maxBufferedAmount` waits.
 */
export class StallWatch implements RoundMember {
  readonly #limits: StallLimits;
  readonly #output: WaitingOutput;
  readonly #round: Round;
  #isWatching = false;
  #bytesGone = 0;
  #ticks = 0;

  constructor(limits: StallLimits, output: WaitingOutput) {
    const { sendTimeout } = limits;
    this.#limits = limits;
    this.#output = output;
    this.#round = Round.every((sendTimeout === Infinity ? timeoutOverLimit : sendTimeout) / ticksOfTimeout);
  }

  /** Bytes begin to wait. That they no longer do is seen at the next check: most wait for a moment only. */
  start(): void {
    this.#bytesGone = this.#output.bytesGone;
    this.#ticks = 0;
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#round.add(this);
  }

  stop(): void {
    this.#isWatching = false;
    this.#round.delete(this);
  }

  check(): void {
    const { isWaiting, bytesGone, bufferedAmount } = this.#output;
    if (!isWaiting) return this.stop();
    const { sendTimeout, maxBufferedAmount } = this.#limits;
    if (bytesGone !== this.#bytesGone) {
      this.#bytesGone = bytesGone;
      this.#ticks = 0;
      return;
    }
    void this.#output.askSystem();
    // The first tick is not a whole one.
    const ticks = this.#ticks++;
    if (ticks >= ticksOfTimeout && sendTimeout !== Infinity) {
      this.#output.onStalled(slowPeer(`nothing has gone for sendTimeout ${sendTimeout} ms`));
    } else if (ticks >= ticksOverLimit && bufferedAmount > maxBufferedAmount) {
      const detail = `${bufferedAmount} bytes wait, over maxBufferedAmount ${maxBufferedAmount}`;
      this.#output.onStalled(slowPeer(`${detail}, and none has gone for ${ticksOverLimit * this.#round.delay} ms`));
    }
  }
}
