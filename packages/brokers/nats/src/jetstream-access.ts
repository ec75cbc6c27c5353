import {
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { TopicError } from '@turnout/topics';

/** How long, in ms, the client waits for an answer. Long, so that the broker's own timeout applies first. */
const apiTimeout = 60_000;

/** JetStream on one connection. */
export class JetStreamAccess {
  readonly client: JetStreamClient;
  readonly #manager: Promise<JetStreamManager>;
  readonly #replicas: number;

  /** @param replicas how many servers store each stream */
  constructor(connection: NatsConnection, replicas: number) {
    this.#replicas = replicas;
    this.client = jetstream(connection, { timeout: apiTimeout });
    // Does not check for JetStream: that needs one more permission, and the first call shows it.
    this.#manager = jetstreamManager(connection, { checkAPI: false, timeout: apiTimeout });
  }

  manage(): Promise<JetStreamManager> {
    return this.#manager;
  }

  /** Resolves with null if the stream does not exist. */
  async find(name: string): Promise<StreamInfo | null> {
    const { streams } = await this.#manager;
    try {
      return await streams.info(name);
    } catch (error) {
      if (isApiError(error, JetStreamApiCodes.StreamNotFound)) return null;
      throw error;
    }
  }

  /** Creates a stream. Rejects if it exists with another configuration. */
  async add(name: string, settings: Partial<StreamConfig>): Promise<StreamInfo> {
    const { streams } = await this.#manager;
    return streams.add({ ...settings, name, num_replicas: this.#replicas });
  }

  /** Creates a stream, or updates it if it has another configuration. */
  async ensure(name: string, settings: Partial<StreamConfig>): Promise<StreamInfo> {
    try {
      return await this.add(name, settings);
    } catch (error) {
      const { streams } = await this.#manager;
      // It exists with another configuration.
      return await streams.update(name, { ...settings, num_replicas: this.#replicas }).catch(() => {
        throw error;
      });
    }
  }

  /** Sets the number of a stream's replicas to the current option. */
  async adjust({ config }: StreamInfo): Promise<void> {
    if (config.num_replicas === this.#replicas) return;
    const { streams } = await this.#manager;
    await streams.update(config.name, { num_replicas: this.#replicas });
  }
}

/** Whether an error says, itself or by its cause, that the stream does not exist, or JetStream is not enabled. */
export function isMissing(error: unknown): boolean {
  if (error instanceof TopicError) return isMissing(error.cause);
  // The class of the second error is not exported.
  return (
    isApiError(error, JetStreamApiCodes.StreamNotFound) || (error as Error | undefined)?.name === 'JetStreamNotEnabled'
  );
}

function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
