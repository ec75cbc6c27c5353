import { connectRedis } from '@turnout/redis';
import type { Broker } from '@turnout/topics';
import { createClient, createSentinel } from 'redis';
import type { RedisSettings } from './redis-settings.ts';

/** At most this many commands are sent together. */
const maxCommands = 500;

/** How long, in ms, replicas may take to confirm a write. */
const replicaTimeout = 1_000;

/** How often, in ms, Sentinel is asked for the master, in addition to its notifications. */
const scanInterval = 2_000;

/** How often a command is tried, at intervals of a second, while there is no master. */
const maxCommandRediscovers = 3;

interface Pipeline {
  sendCommand(command: string[]): Pipeline;
  execAsPipeline(): Promise<unknown>;
}

/** The members of `createClient()` and `createSentinel()` that are used here. */
interface Client {
  connect(): Promise<unknown>;
  destroy(): unknown;
  on(event: 'error', listener: () => void): unknown;
  get(key: string): Promise<string | null>;
  multi(): Pipeline;
}

interface Command {
  readonly words: readonly string[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The Redis that the processes of an example share. Data that {@link run} has written or read survives a failover:
 * enough replicas have it. Commands that arrive while others wait for replicas are sent together, and wait once.
 */
export class SharedRedis {
  readonly #settings: RedisSettings;
  readonly #client: Client;
  #waiting: Command[] = [];
  #isRunning = false;

  private constructor(settings: RedisSettings) {
    this.#settings = settings;
    this.#client = createClientFor(settings);
    // Commands reject while it is down; the client reconnects automatically.
    this.#client.on('error', () => {});
  }

  /** Rejects if Redis cannot be reached. */
  static async connect(settings: RedisSettings): Promise<SharedRedis> {
    const redis = new SharedRedis(settings);
    await redis.#client.connect();
    return redis;
  }

  /** Another connection to the same Redis, for the topics. */
  connectBroker(): Promise<Broker> {
    return connectRedis(
      'url' in this.#settings ? { url: this.#settings.url } : { sentinel: sentinelOf(this.#settings) },
    );
  }

  /** Reads data that may be lost in a failover. */
  get(key: string): Promise<string | null> {
    return this.#client.get(key);
  }

  /**
   * Runs a command. Resolves with its answer once enough replicas have the data that it wrote or read. If it rejects,
   * the command may have run once or twice, so it must be idempotent.
   */
  run(words: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ words, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      setImmediate(() => void this.#runAll());
    });
  }

  async close(): Promise<void> {
    await this.#client.destroy();
  }

  async #runAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const commands = this.#waiting.splice(0, maxCommands);
      try {
        const answers = await this.#send(commands.map(({ words }) => words));
        for (const [index, { resolve }] of commands.entries()) resolve(answers[index]);
      } catch (error) {
        for (const { reject } of commands) reject(error);
      }
    }
    this.#isRunning = false;
  }

  /** All over one connection: WAIT covers only the writes of its connection. */
  async #send(commands: readonly (readonly string[])[]): Promise<readonly unknown[]> {
    const { replicas } = this.#settings;
    const pipeline = this.#client.multi();
    for (const words of commands) pipeline.sendCommand([...words]);
    if (replicas > 0) {
      // Reads return writes of other connections: a write after them makes WAIT cover those too.
      pipeline.sendCommand(['SET', 'examples:behind', '1']);
      pipeline.sendCommand(['WAIT', String(replicas), String(replicaTimeout)]);
    }
    const answers = (await pipeline.execAsPipeline()) as unknown[];
    if (replicas > 0 && Number(answers.at(-1)) < replicas) {
      throw new Error(`${String(answers.at(-1))} replicas have the write, expected ${replicas}`);
    }
    return answers;
  }
}

function createClientFor(settings: RedisSettings): Client {
  const client =
    'url' in settings
      ? createClient({ url: settings.url, disableOfflineQueue: true })
      : createSentinel({
          ...sentinelOf(settings),
          scanInterval,
          maxCommandRediscovers,
          nodeClientOptions: { disableOfflineQueue: true },
        });
  return client as unknown as Client;
}

function sentinelOf({ master, sentinels }: Extract<RedisSettings, { master: string }>): {
  name: string;
  sentinelRootNodes: { host: string; port: number }[];
} {
  return { name: master, sentinelRootNodes: [...sentinels] };
}
