import { randomBytes } from 'node:crypto';
import { guard } from '@turnout/core';
import type { Broker, BrokerTopic } from '../bus/broker.ts';
import { CallQueue } from '../bus/call-queue.ts';
import { hasCode, type TopicError } from '../bus/errors.ts';
import { Unanswered } from '../bus/unanswered.ts';
import { HistoryReads } from './history-reads.ts';
import type { HubCounts } from './hub-counts.ts';
import { Marks } from './marks.ts';
import { Memberships } from './memberships.ts';
import { Outcome } from './outcome.ts';

export type WhenLost = 'deliver-locally' | 'fail';

export interface HubContextParts {
  readonly broker: Broker;
  readonly whenLost: WhenLost;
  /** The application's hook for errors. */
  onError(error: unknown): void;
  /** Called for each message found on the bus that is not Turnout's. */
  onForeign(topic: string, reason: string): void;
  onRefused(topic: string, error: TopicError): void;
}

/** How many messages of the hub itself may be in flight to the broker. */
const maxTells = 256;

/** What the feeds of one hub share. */
export class HubContext {
  /** Identifies this node among all that share the bus. */
  readonly id = randomBytes(9).toString('base64url');
  readonly counts: HubCounts = { duplicates: 0, gaps: 0, foreign: 0, localOnly: 0 };
  readonly broker: Broker;
  readonly whenLost: WhenLost;
  readonly memberships: Memberships;
  readonly reads: HistoryReads;
  readonly tells = new CallQueue(maxTells);
  readonly marks: Marks;
  readonly unanswered = new Unanswered();
  readonly #parts: HubContextParts;
  #origins = 0;
  #isBrokerLost = false;
  #isClosed = false;

  constructor(parts: HubContextParts) {
    const { broker, whenLost } = parts;
    const isLost = (): boolean => this.#isBrokerLost;
    this.#parts = parts;
    this.broker = broker;
    this.whenLost = whenLost;
    this.memberships = new Memberships({ broker, isLost, onRefused: (topic, error) => parts.onRefused(topic, error) });
    this.reads = new HistoryReads(broker);
    this.marks = new Marks({ broker, isLost, calls: this.tells });
  }

  get isBrokerLost(): boolean {
    return this.#isBrokerLost;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether a topic continues on this node alone after this error of the broker. */
  forgives({ history }: BrokerTopic, error: unknown): boolean {
    return history === null && this.whenLost === 'deliver-locally' && hasCode(error, 'TOPIC_ERR_BROKER_LOST');
  }

  /** A unique origin for the messages of one feed of this node. */
  createOrigin(): string {
    return `${this.id}.${this.#origins++}`;
  }

  onLost(): void {
    this.#isBrokerLost = true;
    this.memberships.onLost();
  }

  /** @param onDone called once the broker has answered for the topics that could not be joined while it was lost */
  onRestored(onDone: () => void): void {
    this.#isBrokerLost = false;
    this.memberships.onRestored(onDone);
    void this.marks.tell();
  }

  close(): void {
    this.#isClosed = true;
    this.memberships.close();
    this.marks.close();
  }

  /** Calls the application's code. Its errors and rejections go to `onError`, not into the broker's client. */
  call(callback: () => unknown): void {
    guard(callback, (error) => this.#parts.onError(error));
  }

  /** Wraps a promise returned to the application: if nobody awaits it, a rejection goes to `onError`. */
  outcome<Value>(promise: Promise<Value>): Promise<Value> {
    return Outcome.of(promise, (error) => this.#parts.onError(error));
  }

  /** Counts a message that was found on the bus, is not Turnout's and was dropped. */
  dropForeign(topic: string, reason: string): void {
    this.counts.foreign++;
    this.#parts.onForeign(topic, reason);
  }
}
