import type { WebSocket } from '@turnout/core';
import type { Log, LogStore } from './log-store.ts';
import { SharedTail } from './shared-tail.ts';
import type { SshSettings } from './ssh-login.ts';

export interface TailsOptions {
  readonly store: LogStore;
  readonly ssh: SshSettings;
  readonly firstDelay: number;
}

/** The logs that somebody follows now. */
export class Tails {
  readonly #options: TailsOptions;
  readonly #tails = new Map<number, SharedTail>();

  constructor(options: TailsOptions) {
    this.#options = options;
  }

  follow(log: Log, socket: WebSocket): void {
    const tail = this.#tails.get(log.id) ?? this.#start(log);
    tail.follow(socket);
  }

  dispose(): void {
    for (const tail of this.#tails.values()) tail.end();
  }

  #start(log: Log): SharedTail {
    const { store, ssh, firstDelay } = this.#options;
    const tail = new SharedTail({
      host: store.host(log.host)!,
      log,
      ssh,
      firstDelay,
      onUnused: () => {
        tail.end();
        this.#tails.delete(log.id);
      },
    });
    this.#tails.set(log.id, tail);
    return tail;
  }
}
