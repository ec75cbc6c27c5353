import { StorageType } from '@nats-io/jetstream';
import { isMissing, type JetStreamAccess } from './jetstream-access.ts';

/**
 * Gives the messages of a topic without history one order for all, whoever publishes: core NATS keeps it for each
 * publisher alone. All pass through one stream, which keeps no more than the last, and publishes each again.
 */
export class OrderStream {
  readonly #access: JetStreamAccess;
  readonly #prefix: string;
  readonly #name: string;

  private constructor(access: JetStreamAccess, prefix: string) {
    this.#access = access;
    this.#prefix = prefix;
    this.#name = `${prefix}_order`;
  }

  /** Resolves with `null` where there is no JetStream. */
  static async open(access: JetStreamAccess, prefix: string): Promise<OrderStream | null> {
    const stream = new OrderStream(access, prefix);
    try {
      await stream.ensure();
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    return stream;
  }

  /** Where to publish what is to arrive at `PREFIX.topic.TOKEN`. */
  subjectOf(token: string): string {
    return `${this.#prefix}.order.${token}`;
  }

  /** In memory it is gone when its server has restarted. */
  ensure(): Promise<void> {
    return this.#access.ensure(this.#name, {
      subjects: [this.subjectOf('*')],
      storage: StorageType.Memory,
      max_msgs: 1,
      republish: { src: this.subjectOf('*'), dest: `${this.#prefix}.topic.{{wildcard(1)}}` },
    });
  }

  /** Resolves when the stream has had all that was published before; rejects where it is gone, which ends that. */
  async flush(): Promise<void> {
    try {
      // One answer for many messages: they are published without asking for one.
      await this.#access.client.publish(this.subjectOf('flush'));
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.ensure();
      throw new Error(`the stream ${this.#name} was gone, and is there again`, { cause: error });
    }
  }
}
