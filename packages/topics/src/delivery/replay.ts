import type { WebSocket } from '@turnout/core';
import type { StoredMessage } from '../bus/broker.ts';
import type { Envelope } from './envelope.ts';
import type { HistoryFollower } from '../feed/history-follower.ts';
import type { Position } from '../bus/position.ts';

export interface ReplayOptions {
  readonly socket: WebSocket;
  readonly envelope: Envelope;
  readonly follower: HistoryFollower;
  /** Of the message before the first that was missed. */
  readonly start: Position;
  readonly missed: readonly StoredMessage[];
}

/**
 * What a subscriber has missed, and what comes meanwhile, sent as fast as its socket takes it: a long history is no
 * reason to close it.
 */
export class Replay {
  readonly #options: ReplayOptions;
  #offset: number;
  #part: readonly StoredMessage[];
  #sent = 0;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#offset = options.start.offset;
    this.#part = options.missed;
  }

  /** The last message that was sent. */
  get offset(): number {
    return this.#offset;
  }

  /**
   * Sends what the socket takes.
   *
   * @returns `full` where it is to be called again after `drain`; `done` where nothing is missing; `overtaken` where
   *   what follows is kept no more
   */
  send(): 'full' | 'done' | 'overtaken' {
    const { follower, start } = this.#options;
    for (;;) {
      if (!this.#sendPart()) return 'full';
      const more = follower.recentSince({ epoch: start.epoch, offset: this.#offset });
      if (more === null) return 'overtaken';
      if (more.length === 0) return 'done';
      this.#part = more;
      this.#sent = 0;
    }
  }

  /** @returns whether the socket takes more */
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
