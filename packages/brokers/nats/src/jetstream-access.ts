import {
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

/** JetStream on one connection. */
export class JetStreamAccess {
  readonly client: JetStreamClient;
  readonly #connection: NatsConnection;
  readonly #replicas: number;
  #manager: Promise<JetStreamManager> | undefined;

  /** @param replicas on how many servers each stream is kept */
  constructor(connection: NatsConnection, replicas: number) {
    this.#connection = connection;
    this.#replicas = replicas;
    this.client = jetstream(connection);
  }

  /** @throws {JetStreamNotEnabled} (rejects) where the server, or the account, is without JetStream */
  manage(): Promise<JetStreamManager> {
    this.#manager ??= jetstreamManager(this.#connection).catch((error: unknown) => {
      this.#manager = undefined;
      throw error;
    });
    return this.#manager;
  }

  /** Makes a stream where it is not there, or has another configuration. */
  async ensure(name: string, settings: Partial<StreamConfig>): Promise<void> {
    const { streams } = await this.manage();
    const config = { ...settings, num_replicas: this.#replicas };
    try {
      await streams.add({ name, ...config });
    } catch (error) {
      // It is there with another.
      await streams.update(name, config).catch(() => {
        throw error;
      });
    }
  }
}

/** Whether nothing answers where a stream should: it is not there, or JetStream is not. */
export function isMissing(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.code === JetStreamApiCodes.StreamNotFound;
  // The class of this error is not exported.
  return (error as Error).name === 'JetStreamNotEnabled';
}
