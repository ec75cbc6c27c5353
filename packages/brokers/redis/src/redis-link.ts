import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { TopicError } from '@turnout/topics';
import type { Connect } from './connect-server.ts';
import { inTime } from './in-time.ts';
import type { ConnectionContext, RedisConnections } from './redis-connections.ts';

export interface LinkEvents extends Pick<ConnectionContext, 'onMessage' | 'onMoved'> {
  onLost(error: unknown): void;
  /** Prepares new connections; {@link RedisLink.connections} returns them once the promise resolves. */
  prepare(connections: RedisConnections): Promise<void>;
  onConnected(): void;
}

export interface LinkOptions {
  readonly prefix: string;
  readonly pingInterval: number;
  readonly pongTimeout: number;
}

type State =
  | { readonly name: 'lost' }
  | { readonly name: 'connected'; readonly connections: RedisConnections; readonly failing: AbortController }
  | { readonly name: 'closed' };

/** The upper bound, in ms, of the first delay before connecting again. */
const firstWait = 100;
const longestWait = 2_000;

/** Keeps connections to Redis: replaces them when one fails, with back-off and full jitter. */
export class RedisLink {
  readonly #connect: Connect;
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #closing = new AbortController();
  #state: State = { name: 'lost' };

  constructor(connect: Connect, options: LinkOptions, events: LinkEvents) {
    this.#connect = connect;
    this.#options = options;
    this.#events = events;
  }

  /** @throws {TopicError} while there are no connections */
  get connections(): RedisConnections {
    switch (this.#state.name) {
      case 'connected':
        return this.#state.connections;
      case 'lost':
        throw new TopicError('TOPIC_ERR_BROKER_LOST', 'Redis cannot be reached');
      case 'closed':
        throw new TopicError('TOPIC_ERR_CLOSED', 'The broker is closed');
    }
  }

  /** The connections; undefined while there are none. */
  get current(): RedisConnections | undefined {
    return this.#state.name === 'connected' ? this.#state.connections : undefined;
  }

  /** Rejects if it cannot connect. */
  async connect(): Promise<void> {
    const failing = new AbortController();
    const { signal } = failing;
    // Each connection adds a listener, and a Cluster has many connections.
    setMaxListeners(0, signal);
    const { prefix, pongTimeout } = this.#options;
    const { onMessage, onMoved } = this.#events;
    try {
      const connecting = this.#connect({
        prefix,
        signal,
        onMessage,
        onMoved,
        onFailed: (error) => failing.abort(error),
      });
      const connections = await inTime(connecting, pongTimeout);
      // Starts now: a connection may fail before preparation is finished.
      void this.#watch(connections, failing);
      await untilAborted(this.#events.prepare(connections), signal);
      if (this.#closing.signal.aborted) return failing.abort();
      this.#state = { name: 'connected', connections, failing };
      signal.addEventListener('abort', () => this.#onFailed(failing));
    } catch (error) {
      failing.abort(error);
      throw error;
    }
    return this.#events.onConnected();
  }

  /** An answer has shown that these connections are no longer usable. */
  fail(connections: RedisConnections, error: unknown): void {
    if (this.#state.name === 'connected' && this.#state.connections === connections) this.#state.failing.abort(error);
  }

  /** Resolves once everything sent before is answered, or after `timeout` ms. */
  async close(timeout: number): Promise<void> {
    this.#closing.abort();
    const state = this.#state;
    this.#state = { name: 'closed' };
    if (state.name !== 'connected') return;
    await inTime(state.connections.close(), timeout).catch(() => {});
    state.failing.abort();
  }

  #onFailed(failing: AbortController): void {
    if (this.#state.name !== 'connected' || this.#state.failing !== failing) return;
    this.#state = { name: 'lost' };
    this.#events.onLost(failing.signal.reason);
    void this.#connectAgain();
  }

  async #connectAgain(): Promise<void> {
    const { signal } = this.#closing;
    for (let wait = firstWait; !signal.aborted; wait = Math.min(2 * wait, longestWait)) {
      // oxlint-disable-next-line no-await-in-loop -- a pause
      await delay(Math.random() * wait, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) return;
      // oxlint-disable-next-line no-await-in-loop -- one attempt after the other
      const isConnected = await this.connect().then(
        () => true,
        () => false,
      );
      if (isConnected) return;
    }
  }

  /** Checks the servers periodically: neither a stalled network nor a demoted master reports itself. */
  async #watch(connections: RedisConnections, failing: AbortController): Promise<void> {
    const { pingInterval, pongTimeout } = this.#options;
    while (!failing.signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await inTime(connections.check(), pongTimeout).catch((error: unknown) => failing.abort(error));
      // oxlint-disable-next-line no-await-in-loop -- a pause
      await delay(pingInterval, undefined, { signal: failing.signal, ref: false }).catch(() => {});
    }
  }
}

/** Rejects with the signal's reason if it is aborted first. */
async function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  promise.catch(() => {});
  let stop = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', stop));
}
