import type { BrokerTopic, BusMessage } from '../bus/broker.ts';
import { brokerLost, hasCode, hubClosed, TopicError } from '../bus/errors.ts';
import type { HubContext } from './hub-context.ts';
import { Outgoing } from './outgoing.ts';

export interface PublishedMessage {
  readonly data: string | Buffer;
  readonly key?: string | undefined;
  /** Given back with the message, to the listener of this node. */
  readonly except?: unknown;
}

export interface PublisherParts {
  readonly topic: BrokerTopic;
  readonly context: HubContext;
  /** Whether anybody on this node receives what is published. */
  isHeld(): boolean;
  /** Delivers a message of this node, which the bus will not bring. */
  deliver(message: BusMessage): void;
}

/** Publishes on one topic for this node: numbers the messages, and knows those that have not come back from the bus. */
export class Publisher {
  readonly #parts: PublisherParts;
  readonly #origin: string;
  readonly #outgoing = new Outgoing();
  /** Of the last message. */
  #sequence = 0;
  /** Of the messages that have failed, and of which the other nodes have not been told. */
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

  /** Whether everything that was published has come back, or will not. */
  get isQuiet(): boolean {
    return this.#outgoing.isEmpty;
  }

  /**
   * @returns a promise of whether the broker has it; `false` where only this node delivers it
   * @throws {TopicError} at once where the message is too long; rejects where it could not be published
   */
  publish({ data, key = '', except }: PublishedMessage): Promise<boolean> {
    const { topic, context } = this.#parts;
    if (context.isClosed) return Promise.reject(hubClosed());
    const message: BusMessage = { origin: this.#origin, sequence: ++this.#sequence, key, data };
    this.#outgoing.add(message, except);
    // What is published before anybody here is interested need not come back.
    const isAwaited = this.#parts.isHeld();
    if (context.isBrokerLost) return this.#onFailed(message, brokerLost());
    let sent: Promise<void>;
    try {
      sent = context.unanswered.add(context.broker.publish(topic, message));
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
        if (isAwaited && this.#parts.isHeld()) this.#outgoing.confirm(message.sequence);
        else this.#outgoing.remove(message.sequence);
        this.#onSettled();
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
    return this.#parts.context.tells
      .run(async () => this.#tell(data))
      .then(
        () => true,
        () => false,
      );
  }

  /** Whether this node has published that, and it has not come back. */
  isPending({ origin, sequence, data }: BusMessage): boolean {
    return origin === this.#origin && this.#outgoing.get(sequence)?.data === data;
  }

  /** A message comes back: what this node alone delivers of those before it is delivered first. */
  onReturn(sequence: number): void {
    this.#deliver(this.#outgoing.keptBefore(sequence));
  }

  /** The message as it was published, and its exception, once: when it is delivered, or dropped. */
  take({ origin, sequence }: BusMessage): { readonly message: BusMessage; readonly except: unknown } | undefined {
    return origin === this.#origin ? this.#outgoing.remove(sequence) : undefined;
  }

  /** A message of another publisher comes: what this node delivers itself must not be older. */
  onOther(): void {
    this.#outgoing.onOther();
  }

  /** The broker was lost: what has not come back will not. */
  onRestored(): void {
    this.#outgoing.forgetConfirmed();
  }

  /** Nobody on this node receives it any more. */
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

  /** The broker has answered for a message, or will not: those behind it waited for that. */
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
      // A listener that publishes may have had it delivered.
      if (this.#outgoing.get(message.sequence) !== undefined) this.#parts.deliver(message);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new TopicError('TOPIC_ERR_BROKER', `The broker has failed: ${String(error)}`);
}
