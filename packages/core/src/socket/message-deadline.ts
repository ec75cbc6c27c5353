import type { IncompleteMessage } from '../message/message-source.ts';
import { Round, type RoundMember } from './round.ts';

const ticksOfTimeout = 8;

/**
 * Each KiB received adds a second, so that a message over a slow link completes, and one that trickles in byte by byte
 * fails.
 */
const bytesForSecond = 1024;

/** The parts of an incomplete message and of its socket that a deadline needs. */
export interface MessageProgress {
  readonly messageInProgress: IncompleteMessage | null;
  /** Whether the socket is being read: a peer that is held back cannot complete its message. */
  readonly isReading: boolean;
  onMessageTimeout(): void;
}

/** The time limit of an incomplete message. */
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

  /** The message is complete: releases its memory, which V8 would otherwise move to its old generation. */
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
    // The first tick may be shorter than the others.
    if (this.#ticks > ticksOfTimeout + earned) this.#progress.onMessageTimeout();
  }
}
