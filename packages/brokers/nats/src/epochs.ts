import { randomBytes } from 'node:crypto';
import { StorageType, type StreamInfo } from '@nats-io/jetstream';
import type { JetStreamAccess } from './jetstream-access.ts';
import type { Names } from './names.ts';

/** How long, in ms, a removed history is remembered. */
const memory = 30 * 86_400_000;

/**
 * The epochs of histories without a stream. An epoch is known before the first message, so that reading creates no
 * stream, and it changes once a history is removed. One stream for all topics keeps a message for each removed history.
 * One stream for all, which keeps a message for each history that was removed.
 */
export class Epochs {
  readonly #access: JetStreamAccess;
  readonly #names: Names;
  #opened: Promise<string> | undefined;

  constructor(access: JetStreamAccess, names: Names) {
    this.#access = access;
    this.#names = names;
  }

  /** Called after a loss: the stream may be gone or replaced. */
  forget(): void {
    this.#opened = undefined;
  }

  /** The epoch that a topic's history has, or will have once it starts. */
  async next(topic: string): Promise<string> {
    const begun = await this.#open();
    const { streams } = await this.#access.manage();
    const removal = await streams.getMessage(this.#names.epochStream, { last_by_subj: this.#names.epoch(topic) });
    return `${begun}-${removal?.seq ?? 0}`;
  }

  /** A topic's history is about to be removed. */
  async end(topic: string): Promise<void> {
    await this.#open();
    await this.#access.client.publish(this.#names.epoch(topic));
  }

  /** After a loss of all JetStream data, the epochs start from scratch. */
  #open(): Promise<string> {
    this.#opened ??= this.#ensure().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #ensure(): Promise<string> {
    const stream = (await this.#access.find(this.#names.epochStream)) ?? (await this.#make());
    await this.#access.adjust(stream);
    return stream.config.description ?? '';
  }

  async #make(): Promise<StreamInfo> {
    try {
      return await this.#access.add(this.#names.epochStream, {
        subjects: [`${this.#names.prefix}.epoch.*`],
        // The time of creation is no substitute: it differs between the servers of a cluster.
        description: randomBytes(9).toString('base64url'),
        storage: StorageType.File,
        max_msgs_per_subject: 1,
        max_age: memory * 1_000_000,
      });
    } catch (error) {
      // Another node may have created it first.
      const made = await this.#access.find(this.#names.epochStream);
      if (made === null) throw error;
      return made;
    }
  }
}
