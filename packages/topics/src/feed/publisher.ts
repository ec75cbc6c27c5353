import type { BrokerTopic, BusMessage } from '../bus/broker.ts';
import { brokerLost, hasCode, hubClosed, TopicError } from '../bus/errors.ts';
import type { HubContext } from './hub-context.ts';
import { Outgoing } from './outgoing.ts';

export interface PublishedMessage {
  readonly data: string | Buffer;
  readonly key?: string | undefined;
  /** Passed with the message to the listener of this node. */
  readonly except?: unknown;
}

export interface PublisherParts {
  readonly topic: BrokerTopic;
  readonly context: HubContext;
  /** Whether anybody on this node receives the topic. */
  isHeld(): boolean;
  /** Delivers a message of this node that the bus will not return. */
  deliver(message: BusMessage): void;
}

/** Publishes on one topic for this node: numbers the messages, and tracks those that the bus has not returned yet. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #origin: string;
  readonly #outgoing = new Outgoing();
  /** The sequence of the last message. */
  #sequence = 0;
  /** The sequences of failed messages that the other nodes have not been told about. */
  #failed: number[] = [];

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#origin = parts.context.createOrigin();
  }

  get origin(): string {
    return this.#origin;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Whether every published message was returned by the bus, or never will be. */
  get isQuiet(): boolean {
    return this.#outgoing.isEmpty;
  }

  /**
   * @returns whether the broker has the message; `false` if only this node delivers it
   * @throws {TopicError} synchronously if the message is too long; rejects if it could not be published
   */
  publish({ data, key = '', except }: PublishedMessage): Promise<boolean> {
    const { topic, context } = this.#parts;
    if (context.isClosed) return Promise.reject(hubClosed());
    const message: BusMessage = { origin: this.#origin, sequence: ++this.#sequence, key, data };
    this.#outgoing.add(message, except);
    // A message published before anybody here receives the topic need not be returned.
    const isAwaited = this.#parts.isHeld();
    if (context.isBrokerLost) return this.#onFailed(message, brokerLost());
    let sent: Promise<void>;
    try {
      sent = context.unanswered.add(context.broker.publish(topic, message));
    } catch (error) {
      if (hasCode(error, 'TOPIC_ERR_BROKER_LOST')) return this.#onFailed(message, error);
      // Nothing was sent: the next message reuses the number.
      this.#sequence--;
      this.#outgoing.remove(message.sequence);
      if (hasCode(error, 'TOPIC_ERR_TOO_LONG')) throw error;
      return Promise.reject(asError(error));
    }
    return sent.then(
      () => {
        if (isAwaited && this.#parts.isHeld()) this.#outgoing.confirm(message.sequence);
        else this.#outgoing.remove(message.sequence);
        this.#onSettled();
        return true;
      },
      (error: unknown) => this.#onFailed(message, error),
    );
  }

  /**
   * Sends a message of the hub itself, which counts against no limit.
   *
   * @returns whether the broker has the message
   */
  tell(data: string): Promise<boolean> {
    return this.#parts.context.tells
      .run(async () => this.#tell(data))
      .then(
        () => true,
        () => false,
      );
  }

  /** Whether this node published the message and the bus has not returned it yet. */
  isPending({ origin, sequence, data }: BusMessage): boolean {
    return origin === this.#origin && this.#outgoing.get(sequence)?.data === data;
  }

  /** The bus returned a message: earlier messages that only this node delivers are delivered first. */
  onReturn(sequence: number): void {
    this.#deliver(this.#outgoing.keptBefore(sequence));
  }

  /**
   * Removes a message of this node when it is delivered or dropped, and returns it as it was published, with its
   * `except`.
   */
  take({ origin, sequence }: BusMessage): { readonly message: BusMessage; readonly except: unknown } | undefined {
    return origin === this.#origin ? this.#outgoing.remove(sequence) : undefined;
  }

  /** A message of another publisher arrived: older messages that only this node would deliver must not follow it. */
  onOther(): void {
    this.#outgoing.onOther();
  }

  /** The broker was lost: messages not returned by now never will be. */
  onRestored(): void {
    this.#outgoing.forgetConfirmed();
  }

  /** Nobody on this node receives the topic any more. */
  onReleased(): void {
    this.#outgoing.forgetSettled();
  }

  #tell(data: string): Promise<void> {
    const { topic, context } = this.#parts;
    const message: BusMessage = { origin: this.#origin, sequence: ++this.#sequence, key: '', data };
    try {
      return context.unanswered.add(context.broker.tell(topic, message));
    } catch (error) {
      this.#sequence--;
      throw error;
    }
  }

  #onFailed({ sequence }: BusMessage, error: unknown): Promise<boolean> {
    const { topic, context } = this.#parts;
    const isForgiven = context.forgives(topic, error);
    if (topic.history === null && !hasCode(error, 'TOPIC_ERR_CLOSED')) this.#failed.push(sequence);
    if (isForgiven) context.counts.localOnly++;
    if (isForgiven && this.#parts.isHeld()) this.#outgoing.keep(sequence);
    else this.#outgoing.remove(sequence);
    this.#onSettled();
    return isForgiven ? Promise.resolve(false) : Promise.reject(asError(error));
  }

  /** The broker has answered for a message, or never will: the messages after it waited for that. */
  #onSettled(): void {
    this.#deliver(this.#outgoing.due());
    if (this.#failed.length === 0) return;
    const { topic, context } = this.#parts;
    const firstSent = this.#outgoing.firstSent ?? Infinity;
    const told = this.#failed.filter((sequence) => sequence < firstSent);
    this.#failed = this.#failed.filter((sequence) => sequence > firstSent);
    if (told.length === 0) return;
    context.marks.owe({ topic, origin: this.#origin, lowest: Math.min(...told), sequence: Math.max(...told) });
  }

  #deliver(messages: readonly BusMessage[]): void {
    for (const message of messages) {
      // A listener that publishes may have caused its delivery already.
      if (this.#outgoing.get(message.sequence) !== undefined) this.#parts.deliver(message);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TopicError('TOPIC_ERR_BROKER', `The broker has failed: ${String(error)}`);
}
