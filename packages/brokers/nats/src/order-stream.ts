import { StorageType } from '@nats-io/jetstream';
import { isMissing, type JetStreamAccess } from './jetstream-access.ts';
import type { Names } from './names.ts';

/**
 * Gives the messages of a topic without history one global order: core NATS orders them only per publisher. All
 * messages pass through one stream, which keeps only the last and republishes each.
 */
export class OrderStream {
  readonly #access: JetStreamAccess;
  readonly #names: Names;

  private constructor(access: JetStreamAccess, names: Names) {
    this.#access = access;
    this.#names = names;
  }

  /** Resolves with `null` if there is no JetStream. */
  static async open(access: JetStreamAccess, names: Names): Promise<OrderStream | null> {
    const stream = new OrderStream(access, names);
    try {
      await stream.ensure();
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
    return stream;
  }

  /** The stream is in memory, so it is gone after a restart of its server. */
  async ensure(): Promise<void> {
    const { prefix, orderStream } = this.#names;
    await this.#access.ensure(orderStream, {
      subjects: [`${prefix}.publish.*.*`, this.#flushSubject],
      storage: StorageType.Memory,
      max_msgs: 1,
      republish: { src: `${prefix}.publish.*.*`, dest: `${prefix}.live.{{wildcard(1)}}.{{wildcard(2)}}` },
    });
  }

  /**
   * Resolves once the stream has received everything published before. Rejects if the stream was gone, and creates it
   * again.
   */
  async flush(): Promise<void> {
    try {
      // One answer confirms many messages, which are published without asking for one.
      await this.#access.client.publish(this.#flushSubject);
    } catch (error) {
      if (!isMissing(error)) throw error;
      await this.ensure();
      throw new Error(`the stream ${this.#names.orderStream} was gone, and is there again`, { cause: error });
    }
  }

  get #flushSubject(): string {
    return `${this.#names.prefix}.flush`;
  }
}
