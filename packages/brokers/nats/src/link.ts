import type { NatsConnection, PermissionViolationError } from '@nats-io/transport-node';
import {
  closedError,
  isDisconnect,
  isTimeout,
  lostError,
  refusalIn,
  refusedError,
  timeoutError,
} from './broker-errors.ts';

export interface LinkListener {
  onLost(error: Error): void;
  /** The client has reconnected. The link is up once the promise resolves. */
  restore(): Promise<void>;
  onRestored(): void;
  /** The server has refused an operation of any kind. */
  onRefused(error: PermissionViolationError): void;
}

type LinkState = 'up' | 'lost' | 'closed';

/** Tracks whether the server can be reached. */
export class Link {
  readonly #connection: NatsConnection;
  readonly #listener: LinkListener;
  #state: LinkState = 'up';
  /** Counts the losses: work begun before a loss must not finish after it. */
  #losses = 0;

  constructor(connection: NatsConnection, listener: LinkListener) {
    this.#connection = connection;
    this.#listener = listener;
    void this.#watch();
  }

  close(): void {
    this.#state = 'closed';
  }

  /** @throws {TopicError} (rejects) at once if the server cannot be reached: the client would wait until it can */
  async call<Value>(call: () => Promise<Value>): Promise<Value> {
    this.#assertUp();
    try {
      return await call();
    } catch (error) {
      const refusal = refusalIn(error);
      if (refusal !== undefined) throw refusedError(refusal);
      if (isDisconnect(error)) throw this.#state === 'closed' ? closedError() : lostError(error);
      throw isTimeout(error) ? timeoutError(error) : error;
    }
  }

  #assertUp(): void {
    if (this.#state === 'closed') throw closedError();
    if (this.#state === 'lost') throw lostError();
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (this.#state === 'closed') return;
      if (status.type === 'disconnect' || status.type === 'close') this.#onLost();
      else if (status.type === 'reconnect') void this.#restore();
      else if (status.type === 'error') this.#onError(status.error);
    }
  }

  #onLost(): void {
    this.#losses++;
    this.#state = 'lost';
    this.#listener.onLost(new Error('The connection to NATS was lost'));
  }

  async #restore(): Promise<void> {
    const losses = this.#losses;
    // A failure means another loss, after which it is repeated.
    await this.#listener.restore().then(
      () => {
        if (losses !== this.#losses || this.#state !== 'lost') return;
        this.#state = 'up';
        this.#listener.onRestored();
      },
      () => {},
    );
  }

  #onError(error: Error): void {
    const refusal = refusalIn(error);
    if (refusal !== undefined) this.#listener.onRefused(refusal);
  }
}
