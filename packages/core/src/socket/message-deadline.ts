import type { IncompleteMessage } from '../message/message-source.ts';
import { Round, type RoundMember } from './round.ts';

const ticksOfTimeout = 8;

/** Each received KiB of a message earns another second, so that a slow link passes and a trickle fails. */
const bytesForSecond = 1024;

/** A part of a message and the reading of its socket, as a deadline sees them. */
export interface MessageProgress {
  readonly messageInProgress: IncompleteMessage | null;
  /** Whether the socket is read: a peer that is held back cannot complete its message. */
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

  /** Restarts for each message. The next check notices that no message is incomplete. */
  watch(message: IncompleteMessage): void {
    if (message === this.#message) return;
    this.#message = message;
    this.#ticks = 0;
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#round.add(this);
  }

  /** The message is complete: lets go of its memory, which V8 would otherwise move to its old generation. */
  forget(): void {
    this.#message = null;
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
