import type { BrokerTopic, BusMessage } from '../bus/broker.ts';
import { hasCode, TopicError } from '../bus/errors.ts';
import type { Position } from '../bus/position.ts';
import { HistoryFollower } from './history-follower.ts';
import type { HubContext } from './hub-context.ts';
import type { MembershipListener } from './memberships.ts';
import { Outgoing } from './outgoing.ts';
import { PublisherSequences } from './publisher-sequences.ts';

export interface FeedListener {
  /** @param except what `publish()` was given with it, on the node that has published it */
  onMessage(message: BusMessage, position: Position | null, except: unknown): void;
  /** Messages are missing, and will not come. */
  onGap(): void;
  /** @throws {TypeError} on data of another node that must not be passed on */
  check?(data: BusMessage['data']): void;
}

/**
 * - `closed`: nobody holds it.
 * - `opening`: the broker has not joined the topic yet.
 * - `alone`: the broker is lost or refuses; it is joined once it can be. What this node publishes is delivered.
 * - `open`: everything that is published is received.
 */
type Phase = 'closed' | 'opening' | 'alone' | 'open';

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * One topic as this node receives it from the broker: each message once, in order. What is missing is read from the history,
 * or announced as missing.
 */
export class Feed implements MembershipListener {
  readonly topic: BrokerTopic;
  readonly #context: HubContext;
  readonly #listener: FeedListener;
  readonly #origin: string;
  readonly #sequences = new PublisherSequences();
  readonly #outgoing = new Outgoing();
  /** Of the last message that was published here. */
  #sequence = 0;
  #users = 0;
  #phase: Phase = 'closed';
  #opened: Promise<void> | undefined;
  /** While {@link #opened} is pending. */
  #waiting: Waiting | undefined;
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

  /**
   * Once it resolves, every publication is delivered; or, where the broker is lost and `whenLost` is `deliver-locally`, those
   * of this node, and the others once the broker is back. Call {@link release} exactly once per `hold()`, even if it rejects.
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
    this.#outgoing.clear();
    this.#context.memberships.leave(this.topic);
  }

  /**
   * @param except given back with the message, to the listener of this node
   * @returns a promise of whether the broker has it; `false` where only this node's listener was given it
   * @throws {TopicError} at once where the message is too long; rejects where it could not be published
   */
  publish(data: string | Buffer, { key = '', except }: { key?: string; except?: unknown } = {}): Promise<boolean> {
    const message: BusMessage = { origin: this.#origin, sequence: ++this.#sequence, key, data };
    if (this.#phase !== 'closed') this.#outgoing.add(message, except);
    let sent: Promise<void>;
    try {
      sent = this.#context.broker.publish(this.topic, message);
    } catch (error) {
      if (hasCode(error, 'TOPIC_ERR_BROKER_LOST')) return this.#onFailed(message, error);
      // Nothing was sent: the next message has its number.
      this.#sequence--;
      this.#outgoing.remove(message.sequence);
      if (hasCode(error, 'TOPIC_ERR_TOO_LONG')) throw error;
      return Promise.reject(asError(error));
    }
    return sent.then(
      () => {
        this.#outgoing.confirm(message.sequence);
        this.#deliverDue();
        return true;
      },
      (error: unknown) => this.#onFailed(message, error),
    );
  }

  /**
   * Sends something that the hub itself says, which counts against no limit.
   *
   * @returns whether the broker has it
   */
  tell(data: string): Promise<boolean> {
    return this.#context.tells
      .run(async () => this.#tell(data))
      .then(
        () => true,
        () => false,
      );
  }

  /** The broker was lost, and is back. */
  onRestored(): void {
    this.#outgoing.forgetConfirmed();
    if (this.#phase !== 'open') return;
    if (this.topic.history !== null) this.#follower?.catchUp();
    else this.#announceGap();
  }

  onJoined(): void {
    if (this.#phase === 'open') return;
    const wasAlone = this.#phase === 'alone';
    this.#phase = 'open';
    if (this.#follower !== undefined) return void this.#start(this.#follower);
    // A message of this node that is on its way may or may not come.
    if (this.#outgoing.isEmpty) this.#sequences.begin(this.#origin, this.#sequence);
    if (wasAlone) this.#announceGap();
    return this.#settle();
  }

  onFailed(error: TopicError): void {
    if (this.#phase === 'opening') this.#phase = 'alone';
    this.#settle(this.#isForgiven(error) ? undefined : error);
  }

  receive(message: BusMessage, position: Position | null): void {
    if (position !== null) this.#follower?.receive(message, position);
    else if (message.origin === this.#origin) this.#receiveOwn(message);
    else if (this.#isSound(message)) this.#note(message);
  }

  #tell(data: string): Promise<void> {
    const message: BusMessage = { origin: this.#origin, sequence: ++this.#sequence, key: '', data };
    try {
      return this.#context.broker.tell(this.topic, message);
    } catch (error) {
      this.#sequence--;
      throw error;
    }
  }

  #open(): Promise<void> {
    if (this.#phase === 'closed') this.#phase = 'opening';
    this.#follower?.end();
    this.#follower = this.topic.history === null ? undefined : this.#follow();
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#context.memberships.join(this.topic, this);
    });
  }

  /** Who waits for it to be open goes on. */
  #settle(error?: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error === undefined) return waiting?.resolve();
    // Who holds it next tries again.
    if (waiting !== undefined) this.#opened = undefined;
    return waiting?.reject(error);
  }

  #follow(): HistoryFollower {
    return new HistoryFollower(this.topic, this.#context, {
      onMessage: (message, position) => this.#deliver(message, position),
      onGap: () => this.#announceGap(),
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

  /** Whether a topic without the broker is better than none. */
  #isForgiven(error: unknown): boolean {
    const isPlain = this.topic.history === null && this.#context.whenLost === 'deliver-locally';
    return isPlain && hasCode(error, 'TOPIC_ERR_BROKER_LOST');
  }

  #onFailed(message: BusMessage, error: unknown): Promise<boolean> {
    const { sequence } = message;
    const { counts, marks } = this.#context;
    const isPlain = this.topic.history === null;
    if (isPlain && !hasCode(error, 'TOPIC_ERR_CLOSED'))
      marks.owe({ topic: this.topic, origin: this.#origin, sequence });
    if (this.#isForgiven(error)) {
      counts.localOnly++;
      this.#outgoing.keep(sequence);
    } else this.#outgoing.remove(sequence);
    this.#deliverDue();
    return this.#isForgiven(error) ? Promise.resolve(false) : Promise.reject(asError(error));
  }

  #deliverDue(): void {
    this.#deliverOwn(this.#outgoing.due());
  }

  #deliverOwn(messages: readonly BusMessage[]): void {
    // A listener that publishes may have had them delivered.
    for (const message of messages) if (this.#outgoing.get(message.sequence) !== undefined) this.#note(message);
  }

  /** What comes back. */
  #receiveOwn(message: BusMessage): void {
    const { origin, sequence, mark } = message;
    if (sequence > this.#sequence) return this.#context.dropForeign(this.topic.name, 'sequence was made up');
    // Somebody subscribed after it was published.
    if (mark && !this.#sequences.has(origin)) return;
    if (!this.#isSound(message)) return;
    this.#deliverOwn(this.#outgoing.keptBefore(sequence));
    this.#note(message);
  }

  #isSound({ origin, sequence, data, mark }: BusMessage): boolean {
    if (mark || (origin === this.#origin && this.#outgoing.get(sequence)?.data === data)) return true;
    try {
      this.#listener.check?.(data);
      return true;
    } catch (error) {
      this.#context.dropForeign(this.topic.name, (error as Error).message);
      return false;
    }
  }

  #note(message: BusMessage): void {
    const verdict = this.#sequences.note(message);
    if (verdict === 'duplicate') {
      if (message.origin === this.#origin) this.#outgoing.remove(message.sequence);
      if (!message.mark) this.#context.counts.duplicates++;
      return;
    }
    if (verdict.startsWith('repaired')) this.#context.dropForeign(this.topic.name, 'sequence was made up');
    if (verdict.endsWith('after-gap')) this.#announceGap();
    this.#deliver(message, null);
  }

  #deliver(message: BusMessage, position: Position | null): void {
    const own = message.origin === this.#origin ? this.#outgoing.remove(message.sequence) : undefined;
    if (!message.mark) this.#listener.onMessage(own?.message ?? message, position, own?.except);
  }

  #announceGap(): void {
    this.#context.counts.gaps++;
    this.#listener.onGap();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TopicError('TOPIC_ERR_BROKER', `The broker has failed: ${String(error)}`);
}
