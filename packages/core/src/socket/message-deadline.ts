import type { IncompleteMessage } from '../message/message-source.ts';
import { Round, type RoundMember } from './round.ts';

const ticksOfTimeout = 8;

/** Each KiB of a message that has come allows it another second: a slow link is no fault, a trickle is. */
const bytesForSecond = 1024;

/** A part of a message and the reading of its socket, as a deadline sees them. */
export interface MessageProgress {
  readonly messageInProgress: IncompleteMessage | null;
  /** Whether the socket is read at all: while it is held back, its peer can finish nothing. */
  readonly isReading: boolean;
  onMessageTimeout(): void;
}

/** The time limit of a message of which only a part has come. */
export class MessageDeadline implements RoundMember {
  readonly #round: Round;
  readonly #progress: MessageProgress;
  #message: IncompleteMessage | null = null;
  #isWatching = false;
  #ticks = 0;

  /** @param messageTimeout in ms, not `Infinity` */
  constructor(messageTimeout: number, progress: MessageProgress) {
    this.#round = Round.every(messageTimeout / ticksOfTimeout);
    this.#progress = progress;
  }

  /** Begins anew with each message. That there is none any more is seen at the next check. */
  watch(message: IncompleteMessage): void {
    if (message === this.#message) return;
    this.#message = message;
    this.#ticks = 0;
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#round.add(this);
  }

  stop(): void {
    this.#message = null;
    this.#isWatching = false;
    this.#round.delete(this);
  }

  check(): void {
    const { messageInProgress, isReading } = this.#progress;
    if (messageInProgress === null) return this.stop();
    if (!isReading) return;
    this.#ticks++;
    const earned = (messageInProgress.byteLength / bytesForSecond) * (1_000 / this.#round.delay);
    // The first tick is not a whole one.
    if (this.#ticks > ticksOfTimeout + earned) this.#progress.onMessageTimeout();
  }
}
