import { CloseCode, type WebSocket } from '@turnout/core';
import { CommandQueue } from './command-queue.ts';
import type { SubscribeOptions } from './delivery/call-options.ts';
import { Envelope } from './delivery/envelope.ts';
import { TopicError } from './bus/errors.ts';
import type { Person } from './people/person.ts';
import { parsePosition } from './bus/position.ts';
import type { Subscribable } from './socket-topics.ts';
import type { KeyFilter } from './state/state-calls.ts';
import { State } from './state/state.ts';
import { assertTopicName } from './topic-name.ts';
import { Topic } from './topic.ts';

/** A topic that a client may subscribe to, and as which person. */
export interface Admitted {
  readonly topic: Topic;
  readonly person?: Person | undefined;
}

/** A state that a client may subscribe to, and which of its keys it may have. */
export interface AdmittedToState {
  readonly state: State;
  /** Default: all keys. */
  readonly keys?: KeyFilter | undefined;
}

type Verdict = Topic | State | Admitted | AdmittedToState | null | undefined;

/** Decides whether a client may subscribe to the topic with the name that it sent. */
export type Admit = (name: string) => Verdict | Promise<Verdict>;

interface Command {
  readonly subscribe?: unknown;
  readonly unsubscribe?: unknown;
  readonly since?: unknown;
  readonly ping?: unknown;
}

/** A client's subscription to a name; the topic or state is undefined until the client is admitted. */
interface Subscription {
  topic: Subscribable | undefined;
}

interface Admission {
  readonly topic: Subscribable;
  readonly join: () => Promise<unknown>;
}

/** In bytes or characters. A command is short: the name is its longest part. */
const maxCommandLength = 16 * 1024;

/** Matches every command and hardly any other message, so that those are not parsed twice. */
const commandKey = /"(?:subscribe|unsubscribe|ping)"\s*:/;

/** Handles the topic commands of one client. */
export class TopicCommands {
  readonly #socket: WebSocket;
  readonly #admit: Admit;
  readonly #maxTopics: number;
  readonly #queue = new CommandQueue();
  /** Current and pending subscriptions, by name. */
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(socket: WebSocket, admit: Admit, maxTopics: number) {
    this.#socket = socket;
    this.#admit = admit;
    this.#maxTopics = maxTopics;
  }

  async handle(message: string | Buffer): Promise<boolean> {
    const command = readCommand(message);
    if (command === undefined) return false;
    const { subscribe, unsubscribe, since, ping } = command;
    if (typeof subscribe === 'string') await this.#subscribe(subscribe, since ?? undefined);
    else if (typeof unsubscribe === 'string') this.#unsubscribe(unsubscribe);
    else if (ping === true) this.#socket.send('{"pong":true}');
    else return false;
    return true;
  }

  async #subscribe(name: string, since: unknown): Promise<void> {
    const problem = problemWithName(name);
    if (problem !== undefined) return this.#refuse(name, problem);
    const position = since === 'oldest' ? since : parsePosition(since);
    if (since !== undefined && position === undefined) return this.#refuse(name, 'Malformed "since"');
    if (!this.#subscriptions.has(name) && this.#subscriptions.size >= this.#maxTopics) {
      return this.#refuse(name, `More than ${this.#maxTopics} topics (maxTopicsPerSocket)`);
    }
    const subscription: Subscription = { topic: this.#subscriptions.get(name)?.topic };
    this.#subscriptions.set(name, subscription);
    return this.#queue.run(name, () => this.#begin(name, subscription, position));
  }

  async #begin(name: string, subscription: Subscription, since: SubscribeOptions['since']): Promise<void> {
    const isAsked = (): boolean =>
      this.#subscriptions.get(name) === subscription && this.#socket.readyState === this.#socket.OPEN;
    if (!isAsked()) return;
    const verdict = await this.#ask(name, subscription);
    if (!isAsked()) return;
    if (!verdict) return this.#refuse(name, 'Not allowed');
    const { topic, join } = this.#admission(verdict, since);
    try {
      if (subscription.topic !== topic) subscription.topic?.unsubscribe(this.#socket);
      subscription.topic = topic;
      await this.#join(join);
    } catch (error) {
      if (isAsked()) this.#refuse(name, 'Cannot be subscribed to');
      throw error;
    }
  }

  async #ask(name: string, subscription: Subscription): Promise<Verdict> {
    try {
      return await this.#admit(name);
    } catch (error) {
      if (this.#subscriptions.get(name) === subscription) this.#unsubscribe(name);
      throw error;
    }
  }

  /** What the client may subscribe to, and how. */
  #admission(verdict: NonNullable<Verdict>, since: SubscribeOptions['since']): Admission {
    if (verdict instanceof State) return this.#admission({ state: verdict }, since);
    if (verdict instanceof Topic) return this.#admission({ topic: verdict }, since);
    if ('state' in verdict) {
      const { state, keys } = verdict;
      const position = since === 'oldest' ? undefined : since;
      return { topic: state, join: () => state.subscribe(this.#socket, { since: position, keys }) };
    }
    const { topic, person } = verdict;
    return {
      topic,
      join: () => {
        if (!topic.options.envelope) throw noEnvelope(topic);
        return topic.subscribe(this.#socket, { since: topic.options.history === null ? undefined : since, person });
      },
    };
  }

  async #join(join: Admission['join']): Promise<void> {
    try {
      await join();
    } catch (error) {
      if (!(error instanceof TopicError)) throw error;
      const isLost = error.code === 'TOPIC_ERR_BROKER_LOST';
      this.#socket.close(
        CloseCode.TryAgainLater,
        isLost ? 'The broker cannot be reached' : 'The topic cannot be joined',
      );
    }
  }

  #unsubscribe(name: string): void {
    this.#queue.drop(name);
    this.#subscriptions.get(name)?.topic?.unsubscribe(this.#socket);
    this.#subscriptions.delete(name);
  }

  /** A refusal also ends an existing subscription. */
  #refuse(name: string, reason: string): void {
    this.#unsubscribe(name);
    this.#socket.send(new Envelope(name).note('refused', reason));
  }
}

function noEnvelope({ name }: Topic): TypeError {
  return new TypeError(`Invalid topic ${name}: topics that clients subscribe to by command need an envelope`);
}

function problemWithName(name: string): string | undefined {
  try {
    assertTopicName(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Allows keys in any order, and unknown keys. */
function readCommand(message: string | Buffer): Command | undefined {
  if (message.length > maxCommandLength) return undefined;
  const text = String(message);
  if (!commandKey.test(text)) return undefined;
  try {
    return Object(JSON.parse(text)) as Command;
  } catch {
    return undefined;
  }
}
