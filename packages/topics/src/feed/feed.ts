import type { BrokerTopic, BusMessage, TopicWithHistory } from '../bus/broker.ts';
import type { TopicError } from '../bus/errors.ts';
import type { Position } from '../bus/position.ts';
import { HistoryFollower } from './history-follower.ts';
import { hasHistory } from '../bus/has-history.ts';
import type { HubContext } from './hub-context.ts';
import type { MembershipListener } from './memberships.ts';
import { Publisher, type PublishedMessage } from './publisher.ts';
import { PublisherSequences } from './publisher-sequences.ts';

export interface FeedListener {
  /** @param except the `except` of `publish()`, on the node that published the message */
  onMessage(message: BusMessage, position: Position | null, except: unknown): void;
  /** Messages are missing and will not arrive. */
  onGap(): void;
  /** The history continues in another epoch, and nothing is missing. */
  onEpoch?(epoch: string): void;
  /** @throws {TypeError} on data of another node that must not be delivered */
  check?(data: BusMessage['data']): void;
}

/**
 * - `closed`: nobody holds the feed.
 * - `opening`: the broker has not joined the topic yet.
 * - `alone`: the broker is lost or refuses; the topic is joined once it can be. This node's own messages are delivered.
 * - `open`: every publication is received.
 */
type Phase = 'closed' | 'opening' | 'alone' | 'open';

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * One topic as this node receives it from the broker: each message once, in order. Missing messages are read from the
 * history, or announced as a gap.
 */
export class Feed implements MembershipListener {
  readonly topic: BrokerTopic;
  readonly #context: HubContext;
  readonly #listener: FeedListener;
  readonly #publisher: Publisher;
  readonly #sequences = new PublisherSequences();
  #users = 0;
  #phase: Phase = 'closed';
  #opened: Promise<void> | undefined;
  /** Set while {@link #opened} is pending. */
  #waiting: Waiting | undefined;
  #follower: HistoryFollower | undefined;

  constructor(topic: BrokerTopic, context: HubContext, listener: FeedListener) {
    this.topic = topic;
    this.#context = context;
    this.#listener = listener;
    this.#publisher = new Publisher({
      topic,
      context,
      isHeld: () => this.#phase !== 'closed',
      deliver: (message) => this.#note(message),
    });
  }

  /** Defined for a topic with history, while the feed is held. */
  get follower(): HistoryFollower | undefined {
    return this.#follower;
  }

  get position(): Position | null {
    return this.#follower?.position ?? null;
  }

  /**
   * Once it resolves, every publication is delivered. If the broker is lost and `whenLost` is `deliver-locally`, it
   * also resolves: this node's publications are delivered at once, and the others' once the broker is back. Call
   * {@link release} exactly once per `hold()`, even if it rejects.
   */
  hold(): Promise<void> {
    this.#users++;
    return (this.#opened ??= this.#open());
  }

  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    this.#phase = 'closed';
    this.#waiting?.resolve();
    this.#waiting = undefined;
    this.#opened = undefined;
    this.#follower?.end();
    this.#follower = undefined;
    this.#sequences.clear();
    this.#publisher.onReleased();
    this.#context.memberships.leave(this.topic);
  }

  /** As {@link Publisher.publish}. */
  publish(message: PublishedMessage): Promise<boolean> {
    return this.#publisher.publish(message);
  }

  /** As {@link Publisher.tell}. */
  tell(data: string): Promise<boolean> {
    return this.#publisher.tell(data);
  }

  /** The broker was lost and is back. */
  onRestored(): void {
    this.#publisher.onRestored();
    if (this.#phase !== 'open') return;
    if (this.topic.history !== null) this.#follower?.catchUp();
    else this.#beginAnew();
  }

  onJoined(): void {
    if (this.#phase === 'open') return;
    const wasAlone = this.#phase === 'alone';
    this.#phase = 'open';
    if (this.#follower !== undefined) return void this.#start(this.#follower);
    if (wasAlone) this.#beginAnew();
    else this.#expectOwn();
    return this.#settle();
  }

  onFailed(error: TopicError): void {
    if (this.#phase === 'opening') this.#phase = 'alone';
    this.#settle(this.#context.forgives(this.topic, error) ? undefined : error);
  }

  receive(message: BusMessage, position: Position | null): void {
    if (position !== null) this.#follower?.receive(message, position);
    else if (message.origin === this.#publisher.origin) this.#receiveOwn(message);
    else if (this.#isSound(message)) {
      this.#publisher.onOther();
      this.#note(message);
    }
  }

  #open(): Promise<void> {
    if (this.#phase === 'closed') this.#phase = 'opening';
    this.#follower?.end();
    this.#follower = hasHistory(this.topic) ? this.#follow(this.topic) : undefined;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#context.memberships.join(this.topic, this);
    });
  }

  /** Resolves or rejects the pending {@link #opened}. */
  #settle(error?: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) return waiting?.resolve();
    // The next `hold()` tries again.
    if (waiting !== undefined) this.#opened = undefined;
    return waiting?.reject(error);
  }

  #follow(topic: TopicWithHistory): HistoryFollower {
    return new HistoryFollower(topic, this.#context, {
      onMessage: (message, position) => this.#deliver(message, position),
      onGap: () => this.#announceGap(),
      onEpoch: (epoch) => this.#listener.onEpoch?.(epoch),
      isSound: (message) => this.#isSound(message),
      onForeign: (reason) => this.#context.dropForeign(this.topic.name, reason),
    });
  }

  async #start(follower: HistoryFollower): Promise<void> {
    const error = await follower.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (this.#follower !== follower) return;
    if (error !== undefined) this.#phase = 'alone';
    this.#settle(error);
  }

  /** A message of this node that the bus returned. */
  #receiveOwn(message: BusMessage): void {
    const { origin, sequence, mark } = message;
    if (sequence > this.#publisher.sequence) {
      return this.#context.dropForeign(this.topic.name, 'its sequence is forged');
    }
    // Nothing was received before: the local subscribers joined after the missing messages were published.
    if (mark && !this.#sequences.has(origin)) return;
    if (!this.#isSound(message)) return;
    this.#publisher.onReturn(sequence);
    this.#note(message);
  }

  #isSound(message: BusMessage): boolean {
    if (message.mark || this.#publisher.isPending(message)) return true;
    try {
      this.#listener.check?.(message.data);
      return true;
    } catch (error) {
      this.#context.dropForeign(this.topic.name, (error as Error).message);
      return false;
    }
  }

  #note(message: BusMessage): void {
    const verdict = this.#sequences.note(message);
    if (verdict === 'duplicate') {
      if (message.mark) return;
      this.#publisher.take(message);
      this.#context.counts.duplicates++;
      return;
    }
    if (verdict.startsWith('repaired')) this.#context.dropForeign(this.topic.name, 'a sequence was forged');
    if (verdict.endsWith('after-gap')) this.#announceGap();
    this.#deliver(message, null);
  }

  #deliver(message: BusMessage, position: Position | null): void {
    if (message.mark) return;
    const own = this.#publisher.take(message);
    this.#listener.onMessage(own?.message ?? message, position, own?.except);
  }

  /** One gap covers everything missed: sequence numbers that are missing later on are not reported again. */
  #beginAnew(): void {
    this.#sequences.clear();
    this.#expectOwn();
    this.#announceGap();
  }

  #expectOwn(): void {
    // A message of this node in flight may or may not arrive.
    const { origin, sequence, isQuiet } = this.#publisher;
    if (isQuiet) this.#sequences.begin(origin, sequence);
  }

  #announceGap(): void {
    this.#context.counts.gaps++;
    this.#listener.onGap();
  }
}
