import type { WebSocket } from '@turnout/core';
import type { StoredMessage } from './broker.ts';
import type { Envelope } from './envelope.ts';
import type { Position } from './position.ts';

/** What has come since a position, as far as it is kept; `null` where some of it is not. */
export type MessagesSince = (position: Position) => readonly StoredMessage[] | null;

export interface ReplayOptions {
  readonly socket: WebSocket;
  readonly envelope: Envelope;
  /** Of the messages. */
  readonly epoch: string;
  /** What was missed. */
  readonly missed: readonly StoredMessage[];
  readonly since: MessagesSince;
}

/** What a subscriber has missed, and what comes meanwhile, sent as fast as its socket takes it: a long history is no reason to close it. */
export class Replay {
  readonly #options: ReplayOptions;
  #part: readonly StoredMessage[];
  #sent = 0;
  #isOvertaken = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#part = options.missed;
  }

  /** The last message that was sent; 0 before the first. */
  get offset(): number {
    return this.#part[this.#sent - 1]?.offset ?? 0;
  }

  /** Whether what follows is kept no more. */
  get isOvertaken(): boolean {
    return this.#isOvertaken;
  }

  /**
   * Sends what the socket takes.
   *
   * @returns `full` where it is to be called again after `drain`; `done` where nothing is left
   */
  send(): 'full' | 'done' {
    const { socket, envelope } = this.#options;
    for (;;) {
      const stored = this.#part[this.#sent];
      if (stored === undefined) {
        if (!this.#takeMore()) return 'done';
        continue;
      }
      this.#sent++;
      if (!socket.send(envelope.message(stored.message.data, stored.offset))) return 'full';
    }
  }

  /** @returns whether there is more */
  #takeMore(): boolean {
    const { epoch, since } = this.#options;
    if (this.#part.length === 0) return false;
    const more = since({ epoch, offset: this.offset });
    this.#isOvertaken = more === null;
    if (more === null || more.length === 0) return false;
    this.#part = more;
    this.#sent = 0;
    return true;
  }
}

/** Resolves when a socket takes more, or is closed. */
export function drained(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const onEnd = (): void => {
      socket.off('drain', onEnd);
      socket.off('close', onEnd);
      resolve();
    };
    socket.on('drain', onEnd);
    socket.on('close', onEnd);
  });
}
