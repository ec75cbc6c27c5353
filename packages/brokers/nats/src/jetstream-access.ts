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

/** How long, in ms, the client waits for an answer. The broker's own limit is to be the shorter one. */
const apiTimeout = 60_000;

/** JetStream on one connection. */
export class JetStreamAccess {
  readonly client: JetStreamClient;
  readonly #manager: Promise<JetStreamManager>;
  readonly #replicas: number;

  /** @param replicas on how many servers each stream is kept */
  constructor(connection: NatsConnection, replicas: number) {
    this.#replicas = replicas;
    this.client = jetstream(connection, { timeout: apiTimeout });
    // Not asked whether JetStream is there: that would take one more permission, and the first call says it.
    this.#manager = jetstreamManager(connection, { checkAPI: false, timeout: apiTimeout });
  }

  manage(): Promise<JetStreamManager> {
    return this.#manager;
  }

  /** Resolves with null where there is no such stream. */
  async find(name: string): Promise<StreamInfo | null> {
    const { streams } = await this.#manager;
    try {
      return await streams.info(name);
    } catch (error) {
      if (isApiError(error, JetStreamApiCodes.StreamNotFound)) return null;
      throw error;
    }
  }

  /** Makes a stream. Rejects where it is there with another configuration. */
  async add(name: string, settings: Partial<StreamConfig>): Promise<StreamInfo> {
    const { streams } = await this.#manager;
    return streams.add({ ...settings, name, num_replicas: this.#replicas });
  }

  /** Makes a stream where it is not there, or has another configuration. */
  async ensure(name: string, settings: Partial<StreamConfig>): Promise<StreamInfo> {
    try {
      return await this.add(name, settings);
    } catch (error) {
      const { streams } = await this.#manager;
      // It is there with another.
      return await streams.update(name, { ...settings, num_replicas: this.#replicas }).catch(() => {
        throw error;
      });
    }
  }

  /** Keeps a stream on as many servers as it is meant to be on now. */
  async adjust({ config }: StreamInfo): Promise<void> {
    if (config.num_replicas === this.#replicas) return;
    const { streams } = await this.#manager;
    await streams.update(config.name, { num_replicas: this.#replicas });
  }
}

/** Whether an error is, or is caused by, that nothing answers where a stream should: it is not there, or JetStream. */
export function isMissing(error: unknown): boolean {
  if (error instanceof TopicError) return isMissing(error.cause);
  // The class of the one error is not exported.
  return (
    isApiError(error, JetStreamApiCodes.StreamNotFound) || (error as Error | undefined)?.name === 'JetStreamNotEnabled'
  );
}

function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
