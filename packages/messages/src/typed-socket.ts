import type { WebSocket } from '@turnout/core';
import { resolveOptions } from '@turnout/core/options';
import { AskError } from './ask-error.ts';
import { check, checkNow } from './check.ts';
import { defined, known } from './find-schema.ts';
import { definitionOptions } from './definition.ts';
import type { Dialogue, Dialogues, Input, MessageDefinition, Output, Part, Schemas } from './definition.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import { InFlight } from './in-flight.ts';
import { InvalidMessage } from './invalid-message.ts';
import { askOptions, Questions, type AskOptions } from './questions.ts';

type Listener = (data: never) => unknown;

/**
 * Takes a message that is no typed one, such as what `hub.commands()` of `@turnout/topics` returns; resolves with whether
 * it was for it.
 */
export type Commands = (message: string | Buffer) => boolean | Promise<boolean>;

const maxReason = 123;

/** A WebSocket that speaks the messages of one definition. */
export class TypedSocket<Definition extends MessageDefinition> {
  /** The WebSocket below, for all that is not a message: `close()`, `closed`, `bufferedAmount`… */
  readonly socket: WebSocket;
  readonly #definition: Definition;
  readonly #listeners = new Map<string, Listener>();
  readonly #answers = new Map<string, Listener>();
  readonly #questions = new Questions('client');
  readonly #commands: Commands | undefined;
  readonly #inFlight: InFlight;
  #running: Promise<void> | undefined;
  #fail: (error: unknown) => void = () => {};

  constructor(socket: WebSocket, definition: Definition, commands?: Commands) {
    this.socket = socket;
    this.#commands = commands;
    this.#definition = definition;
    this.#inFlight = new InFlight(definition.maxInFlight ?? definitionOptions.maxInFlight.default, (error) =>
      this.#fail(error),
    );
  }

  /**
   * Has a function called with each message of a type. Messages wait until the first such call: make them all before
   * you await anything.
   *
   * @throws {TypeError} on a type that is not defined, or has a function already
   */
  on<Type extends keyof Part<Definition, 'receives'> & string>(
    type: Type,
    listener: (data: Output<(Part<Definition, 'receives'> & Schemas)[Type]>) => unknown,
  ): this {
    return this.#register(this.#listeners, 'receives', type, listener);
  }

  /**
   * Has a function answer the requests of a type: with what it returns, or resolves with.
   *
   * @throws {TypeError} as {@link on}
   */
  answer<Type extends keyof Part<Definition, 'answers'> & string>(
    type: Type,
    answer: (
      request: Output<(Part<Definition, 'answers'> & Dialogues)[Type]['request']>,
    ) => Reply<Definition, Type> | Promise<Reply<Definition, Type>>,
  ): this {
    return this.#register(this.#answers, 'answers', type, answer);
  }

  /**
   * Sends a message.
   *
   * @returns as `send()` of the WebSocket
   * @throws {InvalidMessage} on data that the schema does not take
   */
  send<Type extends keyof Part<Definition, 'sends'> & string>(
    type: Type,
    data: Input<(Part<Definition, 'sends'> & Schemas)[Type]>,
  ): boolean {
    return this.#send({ type, data: checkNow(defined(this.#definition.sends, 'sends', type), data) });
  }

  /**
   * Asks the client, and resolves with its reply.
   *
   * Rejects with an {@link AskError} where the client says that it cannot, does not reply in time, or has gone, and
   * with an `InvalidMessage` where the reply is not what the schema takes.
   */
  async ask<Type extends keyof Part<Definition, 'asks'> & string>(
    type: Type,
    request: Input<(Part<Definition, 'asks'> & Dialogues)[Type]['request']>,
    options?: AskOptions,
  ): Promise<Output<(Part<Definition, 'asks'> & Dialogues)[Type]['reply']>> {
    const dialogue = defined(this.#definition.asks, 'asks', type);
    const { timeout } = resolveOptions(askOptions, options);
    if (this.socket.readyState !== this.socket.OPEN)
      throw new AskError('MSG_ERR_GONE', 'The client has gone without a reply');
    this.#start();
    const send = (message: object): true => {
      this.#send(message);
      return true;
    };
    const reply = this.#questions.ask(dialogue, { timeout, type, request, send });
    this.#inFlight.askAgain();
    return (await reply) as Output<(Part<Definition, 'asks'> & Dialogues)[Type]['reply']>;
  }

  /** Resolves when the socket has ended and all that it sent is handled; rejects with what a function fails with. */
  get finished(): Promise<void> {
    return this.#running ?? this.socket.closed.then(() => this.#running);
  }

  #register(to: Map<string, Listener>, part: 'receives' | 'answers', type: string, listener: Listener): this {
    defined<unknown>(this.#definition[part], part, type);
    if (to.has(type)) throw new TypeError(`Invalid type ${type}: it has a function already`);
    to.set(type, listener);
    this.#start();
    return this;
  }

  #start(): void {
    this.#running ??= Promise.race([
      this.#read(),
      new Promise<never>((_resolve, reject) => {
        this.#fail = reject;
      }),
    ]);
    // Whoever waits for it is told; nobody must.
    this.#running.catch(() => {});
  }

  /**
   * One after the other, so that an asynchronous schema keeps their order and holds the client back. While a message
   * waits for room nothing is read, unless the client is asked something: its reply comes behind what it has sent
   * before.
   */
  async #read(): Promise<void> {
    // What is registered in this turn is there before the first message.
    await Promise.resolve();
    for await (const message of this.socket) {
      await this.#receive(message);
      await this.#inFlight.untilRoom(() => this.#questions.size > 0);
    }
    this.#questions.onEnd();
    this.#inFlight.startAll();
  }

  async #receive(message: string | Buffer): Promise<void> {
    let envelope: Envelope | undefined;
    let handle: () => unknown;
    try {
      envelope = parseEnvelope(message);
      if (envelope.kind === 'reply') return this.#questions.onReply(envelope);
      if (this.#inFlight.isFull) return this.#answerWrong(envelope, tooMany(this.#inFlight.limit));
      handle = await this.#prepare(envelope);
    } catch (error) {
      if (!(error instanceof InvalidMessage)) throw error;
      return this.#onInvalid(envelope, error, message);
    }
    // Apart, as what the application does wrong is no fault of the client.
    this.#inFlight.add(handle, message.length);
  }

  /** What is to be done with a message, once it is checked. */
  async #prepare(envelope: Exclude<Envelope, { kind: 'reply' }>): Promise<() => unknown> {
    const { receives, answers } = this.#definition;
    if (envelope.kind === 'message') {
      const data = await check(known(receives, envelope.type), envelope.data);
      return () => this.#listeners.get(envelope.type)?.(data as never);
    }
    const { request, reply } = known(answers, envelope.type);
    const data = await check(request, envelope.data);
    return () => this.#reply(envelope.id, reply, () => this.#answers.get(envelope.type)?.(data as never));
  }

  /** Until the client takes it: who requests and does not read waits. */
  async #reply(id: string | number, schema: Dialogue['reply'], answer: () => unknown): Promise<void> {
    const isTaken = this.#send({ id, data: checkNow(schema, await answer()) });
    if (!isTaken) await this.socket.drained();
  }

  /**
   * What is no typed message at all may be for others on the same socket. They are not waited for, as they may ask the
   * client.
   */
  #onInvalid(envelope: Envelope | undefined, error: InvalidMessage, message: string | Buffer): void {
    const commands = this.#commands;
    if (envelope !== undefined || commands === undefined) return this.#refuse(envelope, error);
    if (this.#inFlight.isFull) return this.#answerWrong(envelope, tooMany(this.#inFlight.limit));
    return this.#inFlight.add(async () => (await commands(message)) || this.#refuse(envelope, error), message.length);
  }

  #refuse(envelope: Envelope | undefined, error: InvalidMessage): void {
    const { message, path, closeCode } = error;
    if (this.#definition.onInvalid === 'close') {
      const where = [envelope !== undefined && 'type' in envelope ? envelope.type : '', path].filter(Boolean).join(' ');
      return this.socket.close(closeCode, fit(`Invalid message${where && ` ${where}`}: ${message}`));
    }
    return this.#answerWrong(envelope, error);
  }

  #answerWrong(envelope: Envelope | undefined, error: InvalidMessage): void {
    const { message, path } = error;
    if (envelope?.kind === 'request') this.#send({ id: envelope.id, error: error.toJSON() });
    else
      this.#send({ type: 'error', data: { message, path, type: envelope?.kind === 'message' ? envelope.type : null } });
  }

  #send(message: object): boolean {
    return this.socket.send(JSON.stringify(message));
  }
}

function tooMany(maxInFlight: number): InvalidMessage {
  return new InvalidMessage(`Too many messages at a time: reply to what you are asked (maxInFlight is ${maxInFlight})`);
}

type Reply<Definition extends MessageDefinition, Type extends string> = Input<
  (Part<Definition, 'answers'> & Dialogues)[Type]['reply']
>;

/** A close reason has no more room (RFC 6455 §5.5). */
function fit(reason: string): string {
  const characters = Array.from(reason.slice(0, maxReason));
  while (Buffer.byteLength(characters.join('')) > maxReason) characters.pop();
  return characters.join('');
}
