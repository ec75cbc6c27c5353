import type { StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { longestDelay } from '@turnout/core/options';
import { isUnanswered } from './broker-errors.ts';
import type { Epochs } from './epochs.ts';
import { topicOf } from './history-streams.ts';
import type { JetStreamAccess } from './jetstream-access.ts';
import type { Names } from './names.ts';

export interface IdleStreamsOptions {
  readonly connection: NatsConnection;
  readonly access: JetStreamAccess;
  readonly names: Names;
  readonly epochs: Epochs;
  /** How long, in ms, a stream must be idle before it is removed, and how often to check. */
  readonly after: number;
}

/** How long, in ms, a subscriber may take to answer. */
const answerTimeout = 2_000;

/** Removes the streams of unused topics: empty for some time, and without a subscriber on any node. */
export class IdleStreams {
  readonly #options: IdleStreamsOptions;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: IdleStreamsOptions) {
    this.#options = options;
    this.#schedule();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** Random, so that nodes started together do not check together. */
  #schedule(): void {
    const { after } = this.#options;
    if (after === Infinity || this.#isStopped) return;
    const delay = Math.min(after * (0.5 + Math.random() / 2), longestDelay);
    this.#timer = setTimeout(() => {
      // A failure is retried at the next check.
      void this.#removeIdle()
        .catch(() => {})
        .finally(() => this.#schedule());
    }, delay).unref();
  }

  async #removeIdle(): Promise<void> {
    const { access, names, epochs } = this.#options;
    const { streams } = await access.manage();
    for await (const stream of streams.list(`${names.prefix}.store.*.*`)) {
      const topic = topicOf(stream);
      if (topic === undefined || !this.#isIdle(stream) || (await this.#hasSubscriber(topic))) continue;
      // First, so that a node that finds the stream gone already sees the new epoch.
      await epochs.end(topic);
      await streams.delete(stream.config.name);
    }
  }

  #isIdle({ state, created }: StreamInfo): boolean {
    const lastUse = Math.max(Date.parse(created), Date.parse(state.last_ts));
    return state.messages === 0 && Date.now() - lastUse > this.#options.after;
  }

  async #hasSubscriber(topic: string): Promise<boolean> {
    const { connection, names } = this.#options;
    try {
      await connection.request(names.live('ask', topic), '', { timeout: answerTimeout });
      return true;
    } catch (error) {
      return !isUnanswered(error);
    }
  }
}
