import { createConnection, type Connection } from './redis-connection.ts';
import { hashSlot } from './hash-slot.ts';
import type { Argument, ChannelListener, ConnectionContext, RedisConnections } from './redis-connections.ts';
import { isFull, isRefusal, messageOf } from './redis-errors.ts';
import { RedisNames } from './redis-names.ts';
import type { RedisScript } from './redis-script.ts';
import type { ClientOptions } from './redis-options.ts';

/** The two connections to one server: one for calls, one for subscriptions. If one fails, both are given up. */
export class RedisServer implements RedisConnections {
  readonly isSharded: boolean = false;
  readonly names: RedisNames;
  /** Called when the server has ended the subscription to a sharded channel because it lost the slot. */
  onUnsubscribed: (slot: number) => void = () => {};
  readonly #calls: Connection;
  readonly #subscriber: Connection;
  readonly #listener: ChannelListener;
  readonly #scripts = new Set<RedisScript>();
  #confirming: Promise<void> | undefined;
  #isClosing = false;

  private constructor(options: ClientOptions, { prefix, signal, onMessage, onFailed }: ConnectionContext) {
    this.#calls = createConnection(options, signal);
    this.#subscriber = createConnection(options, signal);
    this.#listener = onMessage;
    this.names = new RedisNames(prefix, { database: this.#calls.options.database ?? 0, isCluster: false });
    this.#subscriber.on('sharded-channel-moved', (channel: string) => this.onUnsubscribed(hashSlot(channel)));
    for (const connection of this.#both) {
      connection.on('error', onFailed);
      connection.on('end', () => this.#isClosing || onFailed(new Error('The connection to Redis has ended')));
    }
  }

  /** Rejects if the server cannot be reached, or is not a master that accepts writes. */
  static async connect(options: ClientOptions, context: ConnectionContext): Promise<RedisServer> {
    const server = new RedisServer(options, context);
    await Promise.all(server.#both.map((connection) => connection.connect()));
    await server.check();
    return server;
  }

  call(_key: string, parameters: readonly Argument[]): Promise<unknown> {
    return this.send(parameters);
  }

  send(parameters: readonly Argument[]): Promise<unknown> {
    return this.#calls.sendCommand([...parameters]);
  }

  async run(script: RedisScript, keys: readonly string[], parameters: readonly Argument[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...parameters];
    if (!this.#scripts.has(script)) return this.#evaluate(script, rest);
    try {
      return await this.send(['EVALSHA', script.sha1, ...rest]);
    } catch (error) {
      // The server's script cache was flushed.
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error;
      return this.#evaluate(script, rest);
    }
  }

  /** Sends a call whose keys are being moved to this server. */
  async sendAsking(parameters: readonly Argument[]): Promise<unknown> {
    const [, answer] = await Promise.all([this.send(['ASKING']), this.send(parameters)]);
    return answer;
  }

  /** Confirms that the server is still a master: a demoted one accepts publications but delivers them to nobody. */
  async publish(channel: string, bytes: Buffer): Promise<void> {
    await Promise.all([this.send(['PUBLISH', channel, bytes]), (this.#confirming ??= this.#confirmOnceATurn())]);
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.#subscriber.subscribe([...channels], this.#listener, true);
  }

  unsubscribe(channels: readonly string[]): Promise<void> {
    return this.#subscriber.unsubscribe([...channels], this.#listener, true);
  }

  /** @param channels channels of one slot */
  subscribeSharded(channels: readonly string[]): Promise<void> {
    return this.#subscriber.sSubscribe([...channels], this.#listener, true);
  }

  /** @param channels of one slot */
  unsubscribeSharded(channels: readonly string[]): Promise<void> {
    return this.#subscriber.sUnsubscribe([...channels], this.#listener, true);
  }

  /** The server has ended these subscriptions. */
  forgetSharded(slots: ReadonlySet<number>): void {
    const listeners = this.#subscriber.getPubSubListeners('SHARDED');
    for (const channel of listeners.keys()) if (slots.has(hashSlot(channel))) listeners.delete(channel);
  }

  async countSubscribers(channels: readonly string[], command = 'NUMSUB'): Promise<number[]> {
    const pairs = (await this.send(['PUBSUB', command, ...channels])) as unknown[];
    return channels.map((_, index) => Number(pairs[2 * index + 1]));
  }

  async check(): Promise<void> {
    await Promise.all([this.#assertMaster(), this.#confirm(), this.#ping()]);
  }

  async close(): Promise<void> {
    // A connection without pending calls ends before the other.
    this.#isClosing = true;
    await Promise.allSettled(this.#both.map((connection) => connection.close()));
  }

  /**
   * Sends the script's text until the server is known to have it, so that scripts of one node run in the order of their
   * calls.
   */
  async #evaluate(script: RedisScript, rest: readonly Argument[]): Promise<unknown> {
    const answer = await this.send(['EVAL', script.text, ...rest]);
    this.#scripts.add(script);
    return answer;
  }

  get #both(): readonly Connection[] {
    return [this.#calls, this.#subscriber];
  }

  /** Runs after everything published in one turn. */
  #confirmOnceATurn(): Promise<void> {
    return new Promise((resolve, reject) => {
      queueMicrotask(() => {
        this.#confirming = undefined;
        this.#confirm().then(resolve, reject);
      });
    });
  }

  /**
   * Sends a command that changes nothing but is refused whenever writing is: by a replica, and by a master that is
   * loading or has too few replicas.
   */
  async #confirm(): Promise<void> {
    try {
      await this.send(['PEXPIRE', this.names.probe, '1']);
    } catch (error) {
      // A server that cannot save reports that first, even if it is a replica.
      if (isFull(error)) return this.#assertMaster();
      // A user without access to keys may still publish; in a Cluster the key is at another master.
      if (!isRefusal(error) && !String(error).includes('MOVED')) throw error;
    }
  }

  async #assertMaster(): Promise<void> {
    const [name] = (await this.send(['ROLE'])) as unknown[];
    if (String(name) !== 'master') throw new Error(`READONLY The server is a ${String(name)}, expected a master`);
  }

  async #ping(): Promise<void> {
    try {
      await this.#subscriber.ping();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
  }
}
