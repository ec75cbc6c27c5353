import { CloseCode, type WebSocket } from '@turnout/core';
import type { SubscribeOptions } from './delivery/call-options.ts';
import { Envelope } from './delivery/envelope.ts';
import { TopicError } from './bus/errors.ts';
import type { Person } from './people/person.ts';
import { parsePosition } from './bus/position.ts';
import { assertTopicName } from './topic-name.ts';
import { Topic } from './topic.ts';

/** A topic that a client may have, and as whom. */
export interface Admitted {
  readonly topic: Topic;
  readonly person?: Person | undefined;
}

type Verdict = Topic | Admitted | null | undefined;

/** Says whether a client may have the topic of a name, which it has sent. */
export type Admit = (name: string) => Verdict | Promise<Verdict>;

interface Command {
  readonly subscribe?: unknown;
  readonly unsubscribe?: unknown;
  readonly since?: unknown;
  readonly ping?: unknown;
}

/** What a client's own messages of another kind hardly begin with; so that these are not parsed twice. */
const beginning = /^\s*\{\s*"(?:subscribe|unsubscribe|ping)"/;

/** What one client asks of topics. */
export class TopicCommands {
  readonly #socket: WebSocket;
  readonly #admit: Admit;
  readonly #maxTopics: number;
  /** By name, those it has or is about to. */
  readonly #subscriptions = new Map<string, { topic: Topic | undefined }>();

  constructor(socket: WebSocket, admit: Admit, maxTopics: number) {
    this.#socket = socket;
    this.#admit = admit;
    this.#maxTopics = maxTopics;
  }

  async handle(message: string | Buffer): Promise<boolean> {
    const text = String(message);
    const command = beginning.test(text) ? parse(text) : undefined;
    if (command === undefined) return false;
    const { subscribe, unsubscribe, since, ping } = command;
    if (typeof subscribe === 'string') await this.#subscribe(subscribe, since);
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
    const subscription: { topic: Topic | undefined } = { topic: undefined };
    this.#subscriptions.set(name, subscription);
    const isStillAsked = (): boolean => this.#subscriptions.get(name) === subscription;
    const verdict = await this.#ask(name, isStillAsked);
    if (!isStillAsked()) return;
    if (!verdict) {
      this.#subscriptions.delete(name);
      return this.#refuse(name, 'Not allowed');
    }
    const { topic, person } = verdict instanceof Topic ? { topic: verdict, person: undefined } : verdict;
    if (!topic.options.envelope)
      throw new TypeError(`Invalid topic ${topic.name}: one that clients ask for has an envelope`);
    subscription.topic = topic;
    await this.#begin(topic, { since: topic.options.history === null ? undefined : position, person });
  }

  async #ask(name: string, isStillAsked: () => boolean): Promise<Verdict> {
    try {
      return await this.#admit(name);
    } catch (error) {
      if (isStillAsked()) this.#subscriptions.delete(name);
      throw error;
    }
  }

  async #begin(topic: Topic, options: SubscribeOptions): Promise<void> {
    try {
      await topic.subscribe(this.#socket, options);
    } catch (error) {
      if (!(error instanceof TopicError)) throw error;
      this.#socket.close(CloseCode.TryAgainLater, 'The broker cannot be reached');
    }
  }

  #unsubscribe(name: string): void {
    this.#subscriptions.get(name)?.topic?.unsubscribe(this.#socket);
    this.#subscriptions.delete(name);
  }

  #refuse(name: string, reason: string): void {
    this.#socket.send(new Envelope(name).note('refused', reason));
  }
}

function problemWithName(name: string): string | undefined {
  try {
    assertTopicName(name);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function parse(text: string): Command | undefined {
  try {
    return JSON.parse(text) as Command;
  } catch {
    return undefined;
  }
}
