import { BackOff } from '../bus/back-off.ts';
import type { Broker, BrokerTopic, BusMessage, Join } from '../bus/broker.ts';
import { brokerLost, hasCode, hubClosed, TopicError } from '../bus/errors.ts';
import type { Position } from '../bus/position.ts';
import { Postponed } from './postponed.ts';

/** Whoever asked for a topic to be joined. */
export interface MembershipListener {
  /** Every publication from now on is received. */
  onJoined(): void;
  /** The broker is lost or refuses. Joining is retried until the topic is left or the broker is closed. */
  onFailed(error: TopicError): void;
  receive(message: BusMessage, position: Position | null): void;
}

/** Whether the broker has joined a topic. `unknown` after a failed call, which may have taken effect. */
type Standing = 'out' | 'joining' | 'in' | 'leaving' | 'unknown';

interface Membership extends Join {
  topic: BrokerTopic;
  /** Undefined once the topic is to be left. */
  listener: MembershipListener | undefined;
  standing: Standing;
  /** Why the broker refused the topic last time. */
  refusal: string | undefined;
}

export interface MembershipParts {
  readonly broker: Broker;
  isLost(): boolean;
  onRefused(topic: string, error: TopicError): void;
}

/** Topics per call. */
const batchSize = 512;

const maxCalls = 4;

/**
 * The topics that this node has joined at the broker. Joins and leaves of a turn are batched into few calls, few of
 * which are in flight at a time, and retried until they succeed.
 */
export class Memberships {
  readonly #parts: MembershipParts;
  readonly #all = new Map<string, Membership>();
  readonly #toJoin = new Set<Membership>();
  readonly #toLeave = new Set<Membership>();
  readonly #backOff = new BackOff();
  readonly #failed = new Postponed<Membership>((membership) => this.#settle(membership));
  readonly #refused = new Postponed<Membership>((membership) => this.#settle(membership));
  /** Called once the broker has answered for every topic that was not joined when it was restored. */
  #restoring: { readonly left: Set<Membership>; onDone(): void } | undefined;
  #calls = 0;
  #isScheduled = false;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  join(topic: BrokerTopic, listener: MembershipListener): void {
    const membership = this.#all.get(topic.name) ?? this.#create(topic);
    membership.topic = topic;
    membership.listener = listener;
    this.#settle(membership);
    const { standing } = membership;
    if (standing === 'in') queueMicrotask(() => membership.listener === listener && listener.onJoined());
    else if (this.#parts.isLost())
      queueMicrotask(() => membership.listener === listener && listener.onFailed(brokerLost()));
  }

  leave({ name }: BrokerTopic): void {
    const membership = this.#all.get(name);
    if (membership === undefined) return;
    membership.listener = undefined;
    this.#settle(membership);
    this.#onAnswered([membership]);
  }

  /** The broker is lost: listeners waiting for a join are told. */
  onLost(): void {
    for (const { listener, standing } of this.#all.values()) if (standing !== 'in') listener?.onFailed(brokerLost());
  }

  /**
   * The broker is back, and the topics that were joined still are.
   *
   * @param onDone called once the broker has answered for the other topics
   */
  onRestored(onDone: () => void): void {
    this.#backOff.succeed();
    this.#clearPostponed();
    for (const membership of this.#all.values()) this.#settle(membership);
    this.#restoring = { left: new Set(this.#toJoin), onDone };
    queueMicrotask(() => this.#onAnswered([]));
  }

  close(): void {
    this.#clearPostponed();
    this.#toJoin.clear();
    this.#toLeave.clear();
    for (const { listener } of this.#all.values()) listener?.onFailed(hubClosed());
    this.#all.clear();
  }

  #create(topic: BrokerTopic): Membership {
    const membership: Membership = {
      topic,
      receiver: (message, position) => membership.listener?.receive(message, position),
      listener: undefined,
      standing: 'out',
      refusal: undefined,
    };
    this.#all.set(topic.name, membership);
    return membership;
  }

  /** Queues the call that a membership needs now, and drops one that it no longer needs. */
  #settle(membership: Membership): void {
    const { listener, standing, topic } = membership;
    // Another membership may have this name by now.
    if (this.#all.get(topic.name) !== membership) return;
    const isOpen = standing === 'out' || standing === 'unknown';
    this.#toJoin.delete(membership);
    this.#toLeave.delete(membership);
    if (listener !== undefined && isOpen) this.#toJoin.add(membership);
    else if (listener === undefined && (standing === 'in' || standing === 'unknown')) this.#toLeave.add(membership);
    else if (listener === undefined && standing === 'out') this.#all.delete(topic.name);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#toJoin.size + this.#toLeave.size === 0) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#call();
    });
  }

  #call(): void {
    while (this.#calls < maxCalls && !this.#parts.isLost()) {
      const [leaves, joins] = [take(this.#toLeave), take(this.#toJoin)];
      if (leaves.length + joins.length === 0) return;
      if (leaves.length > 0) void this.#run(() => this.#leaveAll(leaves));
      if (joins.length > 0) void this.#run(() => this.#joinAll(joins));
    }
  }

  async #run(call: () => Promise<void>): Promise<void> {
    this.#calls++;
    await call();
    this.#calls--;
    this.#schedule();
  }

  async #joinAll(batch: readonly Membership[]): Promise<void> {
    for (const membership of batch) membership.standing = 'joining';
    try {
      await this.#parts.broker.join(batch);
    } catch (error) {
      if (batch.length === 1 || !isRefusal(error)) return this.#onJoinFailed(batch, asTopicError(error));
      // One refused topic must not prevent the others from being joined.
      const half = batch.length >> 1;
      await this.#joinAll(batch.slice(0, half));
      return this.#joinAll(batch.slice(half));
    }
    this.#backOff.succeed();
    for (const membership of batch) {
      membership.standing = 'in';
      membership.refusal = undefined;
      membership.listener?.onJoined();
      this.#settle(membership);
    }
    this.#onAnswered(batch);
  }

  #onAnswered(batch: readonly Membership[]): void {
    const restoring = this.#restoring;
    if (restoring === undefined) return;
    for (const membership of batch) restoring.left.delete(membership);
    if (restoring.left.size > 0) return;
    this.#restoring = undefined;
    restoring.onDone();
  }

  #onJoinFailed(batch: readonly Membership[], error: TopicError): void {
    const isClosed = hasCode(error, 'TOPIC_ERR_CLOSED');
    const isFinal = isClosed || isRefusal(error) || hasCode(error, 'TOPIC_ERR_BROKER_LOST');
    for (const membership of batch) {
      membership.standing = 'unknown';
      if (isRefusal(error)) this.#tellRefused(membership, error);
      if (isFinal) membership.listener?.onFailed(error);
    }
    this.#onAnswered(batch);
    if (isRefusal(error)) this.#refused.add(batch, () => this.#backOff.longest);
    else if (!isClosed) this.#failed.add(batch, () => this.#backOff.fail());
  }

  /** Reports each refusal once, however often the join is retried. */
  #tellRefused(membership: Membership, error: TopicError): void {
    if (membership.refusal === error.message) return;
    membership.refusal = error.message;
    this.#parts.onRefused(membership.topic.name, error);
  }

  async #leaveAll(batch: readonly Membership[]): Promise<void> {
    for (const membership of batch) membership.standing = 'leaving';
    try {
      await this.#parts.broker.leave(batch.map(({ topic }) => topic));
    } catch (error) {
      if (hasCode(error, 'TOPIC_ERR_CLOSED')) return undefined;
      for (const membership of batch) membership.standing = 'unknown';
      return this.#failed.add(batch, () => this.#backOff.fail());
    }
    for (const membership of batch) {
      membership.standing = 'out';
      this.#settle(membership);
    }
    return undefined;
  }

  #clearPostponed(): void {
    this.#failed.clear();
    this.#refused.clear();
  }
}

function take(memberships: Set<Membership>): Membership[] {
  const batch: Membership[] = [];
  for (const membership of memberships) {
    if (batch.length === batchSize) break;
    batch.push(membership);
    memberships.delete(membership);
  }
  return batch;
}

function isRefusal(error: unknown): boolean {
  return hasCode(error, 'TOPIC_ERR_BROKER', 'TOPIC_ERR_OPTIONS');
}

function asTopicError(error: unknown): TopicError {
  if (error instanceof TopicError) return error;
  return new TopicError('TOPIC_ERR_BROKER', `The broker has failed: ${String(error)}`, { cause: error });
}
