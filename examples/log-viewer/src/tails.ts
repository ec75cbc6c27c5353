import { isDeepStrictEqual } from 'node:util';
import type { WebSocket } from '@turnout/express';
import { repeat } from '@turnout/example-host';
import type { Host, Log, LogStore } from './log-store.ts';
import { SharedTail } from './shared-tail.ts';
import type { SshSettings } from './ssh-login.ts';

export interface TailsOptions {
  readonly store: LogStore;
  readonly ssh: SshSettings;
  readonly firstDelay: number;
}

interface Followed {
  readonly log: Log;
  readonly host: Host;
  readonly tail: SharedTail;
}

/** How often, in ms, the database is checked for whether the logs may still be read: another process changes it. */
const checkInterval = 2_000;

/** The logs that have viewers. */
export class Tails {
  readonly #options: TailsOptions;
  /** By the log's id. */
  readonly #followed = new Map<number, Followed>();
  readonly #endChecking: () => void;

  constructor(options: TailsOptions) {
    this.#options = options;
    this.#endChecking = repeat(() => this.#check(), {
      every: checkInterval,
      what: 'ask whether logs may still be read',
    });
  }

  follow(log: Log, socket: WebSocket): void {
    const { tail } = this.#followed.get(log.id) ?? this.#start(log);
    tail.follow(socket);
  }

  dispose(): void {
    this.#endChecking();
    for (const { tail } of this.#followed.values()) tail.end();
  }

  #start(log: Log): Followed {
    const { store, ssh, firstDelay } = this.#options;
    const host = store.host(log.host)!;
    const tail = new SharedTail({ host, log, ssh, firstDelay, onEnd: () => this.#followed.delete(log.id) });
    const followed = { log, host, tail };
    this.#followed.set(log.id, followed);
    return followed;
  }

  #check(): void {
    const { store } = this.#options;
    for (const { log, host, tail } of this.#followed.values()) {
      const isAsItWas =
        isDeepStrictEqual(store.log(String(log.id)), log) && isDeepStrictEqual(store.host(log.host), host);
      if (!isAsItWas) tail.fail('This log was removed, or is read from elsewhere now: reload the page');
    }
  }
}
