import type { BrokerTopic, BusMessage } from '../bus/broker.ts';
import { TopicError } from '../bus/errors.ts';
import { HistoryFollower } from './history-follower.ts';
import type { HubContext } from './hub-context.ts';
import { PublisherSequences } from './publisher-sequences.ts';
import type { Position } from '../bus/position.ts';

export interface FeedListener {
  /** @param except what `publish()` was given with it, on the node that has published it */
  onMessage(message: BusMessage, position: Position | null, except: unknown): void;
  /** Messages are missing, and will not come. */
  onGap(): void;
}

/** Exceptions of messages that have not come back from the bus. */
const maxExceptions = 2_000;

/**
 * One topic as this node has it from the broker: each message once, in order. What is missing is read from the history,
 * or said to be missing.
 */
export class Feed {
  readonly topic: BrokerTopic;
  readonly #context: HubContext;
  readonly #listener: FeedListener;
  readonly #origin: string;
  readonly #sequences = new PublisherSequences();
  readonly #exceptions = new Map<number, unknown>();
  /** Of the last message that was published here. */
  #sequence = 0;
  #users = 0;
  #opened: Promise<void> | undefined;
  #follower: HistoryFollower | undefined;

  constructor(topic: BrokerTopic, context: HubContext, listener: FeedListener) {
    this.topic = topic;
    this.#context = context;
    this.#listener = listener;
    this.#origin = context.createOrigin();
  }

  /** Of a topic with history, while it is held. */
  get follower(): HistoryFollower | undefined {
    return this.#follower;
  }

  get position(): Position | null {
    return this.#follower?.position ?? null;
  }

  get isOpen(): boolean {
    return this.#users > 0;
  }

  /** From when it resolves, all that is published comes. To be followed by one {@link release}, also where it rejects. */
  hold(): Promise<void> {
    this.#users++;
    return (this.#opened ??= this.#open());
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#opened = undefined;
    this.#follower?.end();
    this.#follower = undefined;
    this.#sequences.clear();
    this.#exceptions.clear();
    // It was not joined where the broker is away, and is not joined again.
    this.#context.broker.leave(this.topic).catch(() => {});
  }

  /**
   * @param except given back with the message, to the listener of this node
   * @returns a promise of whether the broker has it; `false` where only this node's listener was given it
   * @throws {TopicError} (rejects) where it could not be published
   */
  async publish(
    data: string | Buffer,
    { key = '', except }: { key?: string; except?: unknown } = {},
  ): Promise<boolean> {
    const message: BusMessage = { origin: this.#origin, sequence: ++this.#sequence, key, data };
    // Where nobody is subscribed here, it does not come back.
    if (except !== undefined && this.isOpen) this.#except(message.sequence, except);
    try {
      await this.#context.broker.publish(this.topic, message);
      return true;
    } catch (error) {
      if (this.topic.history !== null || this.#context.whenLost === 'fail' || isClosed(error)) throw error;
      this.#context.counts.localOnly++;
      // Where it has reached the broker after all, what comes back is a duplicate.
      if (this.isOpen) this.#receive(message, null);
      return false;
    }
  }

  /** The broker was away, and is back. */
  onRestored(): void {
    if (!this.isOpen) return;
    if (this.topic.history !== null) this.#follower?.catchUp();
    else this.#announceGap();
  }

  async #open(): Promise<void> {
    const { topic } = this;
    const follower = topic.history === null ? undefined : this.#follow();
    this.#follower = follower;
    try {
      await this.#context.broker.join(topic, (message, position) => this.#receive(message, position));
      await follower?.start();
    } catch (error) {
      if (topic.history === null && this.#context.whenLost === 'deliver-locally' && !isClosed(error)) return;
      // Who holds it next tries again.
      if (this.#follower === follower) this.#opened = undefined;
      throw error;
    }
  }

  #follow(): HistoryFollower {
    return new HistoryFollower(this.topic, this.#context, {
      onMessage: (message, position) => this.#deliver(message, position),
      onGap: () => this.#announceGap(),
    });
  }

  #receive(message: BusMessage, position: Position | null): void {
    if (position !== null) return this.#follower?.receive(message, position);
    switch (this.#sequences.note(message)) {
      case 'duplicate':
        this.#context.counts.duplicates++;
        return undefined;
      case 'after-gap':
        this.#announceGap();
        break;
      case 'next':
    }
    return this.#deliver(message, null);
  }

  #deliver(message: BusMessage, position: Position | null): void {
    let except: unknown;
    if (message.origin === this.#origin) {
      except = this.#exceptions.get(message.sequence);
      this.#exceptions.delete(message.sequence);
    }
    this.#listener.onMessage(message, position, except);
  }

  #announceGap(): void {
    this.#context.counts.gaps++;
    this.#listener.onGap();
  }

  #except(sequence: number, except: unknown): void {
    this.#exceptions.set(sequence, except);
    if (this.#exceptions.size <= maxExceptions) return;
    const [oldest] = this.#exceptions.keys();
    this.#exceptions.delete(oldest!);
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof TopicError && error.code === 'TOPIC_ERR_CLOSED';
}
