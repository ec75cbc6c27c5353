import { randomBytes } from 'node:crypto';
import { StorageType, type StreamInfo } from '@nats-io/jetstream';
import type { JetStreamAccess } from './jetstream-access.ts';
import type { Names } from './names.ts';

/** How long, in ms, a history that was removed is remembered. */
const memory = 30 * 86_400_000;

/**
 * The epochs of histories that are not there: known before the first message, so that reading makes no stream, and
 * another one once a history was removed. One stream for all, which keeps a message for each history that was removed.
 */
export class Epochs {
  readonly #access: JetStreamAccess;
  readonly #names: Names;
  #opened: Promise<string> | undefined;

  constructor(access: JetStreamAccess, names: Names) {
    this.#access = access;
    this.#names = names;
  }

  /** After a loss: the stream may be gone, or another. */
  forget(): void {
    this.#opened = undefined;
  }

  /** The epoch that a topic's history has, or will have once it is begun. */
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

  /** Whoever lost all of JetStream's data begins anew. */
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
        // When it was made would not do: the servers of a cluster differ in that.
        description: randomBytes(9).toString('base64url'),
        storage: StorageType.File,
        max_msgs_per_subject: 1,
        max_age: memory * 1_000_000,
      });
    } catch (error) {
      // Another node may have been first.
      const made = await this.#access.find(this.#names.epochStream);
      if (made === null) throw error;
      return made;
    }
  }
}
