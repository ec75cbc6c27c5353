import type { WebSocket } from '@turnout/core';
import type { StoredMessage } from '../bus/broker.ts';
import type { Envelope } from './envelope.ts';
import type { HistoryFollower } from '../feed/history-follower.ts';
import type { Position } from '../bus/position.ts';

export interface ReplayOptions {
  readonly socket: WebSocket;
  readonly envelope: Envelope;
  readonly follower: HistoryFollower;
  /** The position before the first missed message. */
  readonly start: Position;
  readonly missed: readonly StoredMessage[];
}

/**
 * Sends a subscriber the messages it has missed, and those that arrive meanwhile, only as fast as its socket accepts
 * them, so that a long history does not close it as too slow.
 */
export class Replay {
  readonly #options: ReplayOptions;
  #epoch: string;
  #offset: number;
  #part: readonly StoredMessage[];
  #sent = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#epoch = options.start.epoch;
    this.#offset = options.start.offset;
    this.#part = options.missed;
  }

  /** The offset of the last message sent. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Sends until the socket is full.
   *
   * @returns `full` to be called again after `drain`; `done` when nothing is missing; `overtaken` if the next messages
   *   are no longer kept
   */
  send(): 'full' | 'done' | 'overtaken' {
    const { follower } = this.#options;
    for (;;) {
      if (!this.#sendPart()) return 'full';
      const more = follower.recentSince({ epoch: this.#epoch, offset: this.#offset });
      if (more === null) return 'overtaken';
      this.#epoch = follower.position?.epoch ?? this.#epoch;
      if (more.length === 0) return 'done';
      this.#part = more;
      this.#sent = 0;
    }
  }

  /** @returns whether the socket accepts more */
  #sendPart(): boolean {
    const { socket, envelope } = this.#options;
    while (this.#sent < this.#part.length) {
      const { message, offset } = this.#part[this.#sent++]!;
      this.#offset = offset;
      if (!message.mark && !socket.send(envelope.message(message.data, offset))) return false;
    }
    return true;
  }
}
