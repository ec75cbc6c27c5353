import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { BrokerEvents, BrokerTopic, Receiver, TopicError } from '@turnout/topics';
import { refusedError } from './broker-errors.ts';
import { encodeOptions } from './first-contacts.ts';
import type { HistoryState, HistoryStreams, KeptTopic } from './history-streams.ts';
import { Incoming } from './incoming.ts';
import type { Names } from './names.ts';
import type { PacedCalls } from './paced-calls.ts';
import { StandIn } from './stand-in.ts';

export interface JoinedTopicParts {
  readonly connection: NatsConnection;
  readonly names: Names;
  readonly histories: HistoryStreams;
  readonly setUps: PacedCalls;
  readonly events: BrokerEvents;
}

/** `joining` until the server has answered. */
type Standing = 'out' | 'joining' | 'in' | 'refused';

/** A topic that this node has joined, and its subscription. */
export class JoinedTopic {
  readonly topic: BrokerTopic;
  readonly #parts: JoinedTopicParts;
  readonly #incoming: Incoming;
  #standing: Standing = 'out';
  #refusal: Error | undefined;
  #subscription: Subscription | undefined;
  #standIn: StandIn | undefined;

  constructor(topic: BrokerTopic, receiver: Receiver, parts: JoinedTopicParts) {
    this.topic = topic;
    this.#parts = parts;
    this.#incoming = new Incoming(topic, receiver, parts);
  }

  set receiver(receiver: Receiver) {
    this.#incoming.receiver = receiver;
  }

  /** Subscribes to a subject, unless that was done before. */
  subscribe(subject: string): void {
    if (this.#subscription !== undefined) return;
    this.#standing = 'joining';
    this.#refusal = undefined;
    this.#subscription = this.#parts.connection.subscribe(subject, {
      callback: (error, message) => (error === null ? this.#receive(message) : this.#onRefused(error)),
    });
  }

  /** The server has answered. Throws if it has refused. */
  settle(): void {
    if (this.#standing === 'joining') this.#standing = 'in';
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  unsubscribe(): void {
    this.#standing = 'out';
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#endStandIn();
  }

  /**
   * Its history was read.
   *
   * @param conflict the error if its stream has other limits
   */
  note(topic: KeptTopic, { position, stream }: HistoryState, conflict: TopicError | undefined): void {
    this.#incoming.epoch = position.epoch;
    if (conflict !== undefined) this.#incoming.tellConflict(conflict);
    if (stream !== null) this.#endStandIn();
    else this.#standIn ??= new StandIn(topic, this.#parts);
  }

  #receive(message: Msg): void {
    const isQuestion = message.data.length === 0 && Boolean(message.reply);
    if (isQuestion) return void message.respond(encodeOptions(this.topic));
    // A message from the stream was stored, so the stream exists.
    this.#endStandIn();
    return this.#incoming.take(message);
  }

  /** While the topic is joining, `join()` rejects; later, an event reports the refusal. */
  #onRefused(error: Error): void {
    const wasIn = this.#standing === 'in';
    this.#standing = 'refused';
    this.#subscription = undefined;
    this.#refusal = refusedError(error);
    if (wasIn) this.#parts.events.onRefused(this.topic.name, refusedError(error));
  }

  #endStandIn(): void {
    this.#standIn?.end();
    this.#standIn = undefined;
  }
}
