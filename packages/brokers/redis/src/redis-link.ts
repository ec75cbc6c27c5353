import { setTimeout as delay } from 'node:timers/promises';
import { TopicError } from '@turnout/topics';
import { createClient, RESP_TYPES } from 'redis';
import type { RedisBrokerOptions } from './redis-options.ts';

/** What Redis answers with is bytes: messages need not be text. */
const typeMapping = { [RESP_TYPES.BLOB_STRING]: Buffer };

function createConnection({ url = 'redis://127.0.0.1:6379', client: options }: RedisBrokerOptions) {
  return createClient({
    ...options,
    url,
    RESP: 2,
    disableOfflineQueue: true,
    // One way to connect again, whatever has happened to the connection: ours.
    socket: { connectTimeout: 3_000, ...(options?.socket as object), reconnectStrategy: false },
    commandOptions: { typeMapping },
  });
}

type Client = ReturnType<typeof createConnection>;

/** The two connections that Redis needs: one for commands, one that only listens. Both are there, or neither. */
export interface RedisPair {
  readonly commands: Client;
  readonly subscriber: Client;
}

export interface RedisLinkEvents {
  onLost(error: unknown): void;
  /** Two connections are made, and are the {@link RedisLink.pair} once the promise resolves. */
  prepare(pair: RedisPair): Promise<void>;
  onConnected(): void;
}

const defaultPingTimeout = 3_000;

/** The longest of the first wait, and of all, in ms, until it is tried again to connect. */
const firstWait = 100;
const longestWait = 2_000;

/** Connects to Redis, and again whenever a connection is lost: with back-off and full jitter. */
export class RedisLink {
  readonly #options: RedisBrokerOptions;
  readonly #events: RedisLinkEvents;
  readonly #closing = new AbortController();
  #pair: RedisPair | undefined;

  constructor(options: RedisBrokerOptions, events: RedisLinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** @throws {TopicError} while there is no connection */
  get pair(): RedisPair {
    if (this.#pair !== undefined) return this.#pair;
    throw this.#closing.signal.aborted ? new TopicError('TOPIC_ERR_CLOSED', 'The broker is closed') : lostError();
  }

  isCurrent(pair: RedisPair): boolean {
    return this.#pair === pair;
  }

  /** Rejects where the first connection fails. */
  async connect(): Promise<void> {
    const pair: RedisPair = { commands: createConnection(this.#options), subscriber: createConnection(this.#options) };
    const clients = [pair.commands, pair.subscriber];
    // What fails before both are there rejects connect(); what fails later is a loss.
    for (const client of clients) client.on('error', (error) => this.#onFailed(pair, error));
    try {
      await this.#inTime(Promise.all(clients.map((client) => client.connect())).then(() => this.#events.prepare(pair)));
    } catch (error) {
      destroy(pair);
      throw error;
    }
    if (this.#closing.signal.aborted) return destroy(pair);
    this.#pair = pair;
    for (const client of clients) {
      client.on('end', () => this.#onFailed(pair, new Error('The connection has ended')));
      void this.#ping(pair, client);
    }
    return this.#events.onConnected();
  }

  /** A connection that opens and then says nothing would be waited for without end. */
  async #inTime(prepared: Promise<void>): Promise<void> {
    const { pingTimeout = defaultPingTimeout } = this.#options;
    const giveUp = new AbortController();
    const timeout = delay(pingTimeout, undefined, { signal: giveUp.signal, ref: false }).then(() => {
      throw new TopicError('TOPIC_ERR_TIMEOUT', `Redis has not answered within ${pingTimeout} ms`);
    });
    // Where the other is first.
    timeout.catch(() => {});
    prepared.catch(() => {});
    await Promise.race([prepared, timeout]).finally(() => giveUp.abort());
  }

  /** Resolves when what was sent before is answered, or after `timeout` ms. */
  async close(timeout: number): Promise<void> {
    this.#closing.abort();
    const pair = this.#pair;
    this.#pair = undefined;
    if (pair === undefined) return;
    const closed = Promise.allSettled([pair.commands.close(), pair.subscriber.close()]);
    await Promise.race([closed, delay(timeout, undefined, { ref: false })]);
    destroy(pair);
  }

  #onFailed(pair: RedisPair, error: unknown): void {
    if (this.#pair !== pair) return;
    this.#pair = undefined;
    destroy(pair);
    this.#events.onLost(error);
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

  /** A network that has stopped passing bytes on says nothing: only an answer tells that it is there. */
  async #ping(pair: RedisPair, client: Client): Promise<void> {
    const { pingInterval = 1_000, pingTimeout = defaultPingTimeout } = this.#options;
    while (this.#pair === pair) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const isAnswered = await Promise.race([
        client.ping().then(
          () => true,
          () => false,
        ),
        delay(pingTimeout, false, { ref: false }),
      ]);
      if (!isAnswered) return this.#onFailed(pair, new Error(`Redis has not answered a PING within ${pingTimeout} ms`));
      // oxlint-disable-next-line no-await-in-loop -- a pause
      await delay(pingInterval, undefined, { ref: false });
    }
    return undefined;
  }
}

export function lostError(): TopicError {
  return new TopicError('TOPIC_ERR_BROKER_LOST', 'Redis cannot be reached');
}

function destroy({ commands, subscriber }: RedisPair): void {
  for (const client of [commands, subscriber]) {
    try {
      client.destroy();
    } catch {
      // It was never open, or has ended already.
    }
  }
}
