import type { ProtocolError } from '../errors.ts';
import type { ConnectionLimits } from '../limits.ts';
import { Round, type RoundMember } from './round.ts';
import { slowPeer } from './slow-peer.ts';

const ticksOfTimeout = 4;

/** Over `maxBufferedAmount` a peer has this part of `sendTimeout` to accept bytes, or of 25 s if that is `Infinity`. */
const ticksOverLimit = 2;
const timeoutOverLimit = 25_000;

export type StallLimits = Pick<ConnectionLimits, 'sendTimeout' | 'maxBufferedAmount'>;

/** The parts of a socket's output that a watch needs. */
export interface WaitingOutput {
  /** Whether there are bytes that the peer has not accepted. */
  readonly isWaiting: boolean;
  /** Unsent bytes. */
  readonly bufferedAmount: number;
  /** A number that changes whenever bytes have gone. */
  readonly bytesGone: number;
  /** Has `bytesGone` updated by a closer look at a peer that seems to accept nothing. Never rejects. */
  askSystem(): Promise<void>;
  onStalled(error: ProtocolError): void;
}

/**
 * Detects a peer that accepts nothing: it has had unsent bytes, and accepted none, for `sendTimeout`. Progress counts,
 * not the amount; only a peer without any progress has less time over `maxBufferedAmount`.
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

  /** There are unsent bytes. The next check notices that they have gone: most are unsent for only a moment. */
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
    // The first tick may be shorter than the others.
    const ticks = this.#ticks++;
    if (ticks >= ticksOfTimeout && sendTimeout !== Infinity) {
      this.#output.onStalled(slowPeer(`accepted nothing for sendTimeout ${sendTimeout} ms`));
    } else if (ticks >= ticksOverLimit && bufferedAmount > maxBufferedAmount) {
      const detail = `${bufferedAmount} bytes are unsent, over maxBufferedAmount ${maxBufferedAmount}`;
      this.#output.onStalled(slowPeer(`${detail}, and it accepted none for ${ticksOverLimit * this.#round.delay} ms`));
    }
  }
}
