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
 * Handles a message that is not typed, as the result of `hub.commands()` of `@turnout/topics` does; returns or resolves
 * with whether it handled it.
 */
export type Commands = (message: string | Buffer) => boolean | Promise<boolean>;

const maxReason = 123;

/** A WebSocket for the messages of one definition. */
export class TypedSocket<Definition extends MessageDefinition> {
  /** The underlying WebSocket, for everything that is not a message: `close()`, `closed`, `bufferedAmount`… */
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
   * Registers a function that is called with each message of a type. Messages wait until the first such call: make all
   * calls before you await anything.
   *
   * @throws {TypeError} if the type is not defined, or already has a function
   */
  on<Type extends keyof Part<Definition, 'receives'> & string>(
    type: Type,
    listener: (data: Output<(Part<Definition, 'receives'> & Schemas)[Type]>) => unknown,
  ): this {
    return this.#register(this.#listeners, 'receives', type, listener);
  }

  /**
   * Registers a function that answers the requests of a type with what it returns or resolves with.
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
   * @throws {InvalidMessage} if the data does not match the schema
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
   * Rejects with an {@link AskError} if the client cannot reply, does not in time, or has gone, and with an
   * `InvalidMessage` if the reply does not match the schema.
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

  /** Resolves when the socket has closed and all its messages are handled; rejects if a function fails. */
  get finished(): Promise<void> {
    return this.#running ?? this.socket.closed.then(() => this.#running);
  }

  #register(to: Map<string, Listener>, part: 'receives' | 'answers', type: string, listener: Listener): this {
    defined<unknown>(this.#definition[part], part, type);
    if (to.has(type)) throw new TypeError(`Invalid type ${type}: it already has a function`);
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
    // Callers that await it get the error; if nobody does, it must not be an unhandled rejection.
    this.#running.catch(() => {});
  }

  /**
   * Reads messages one after the other, so that an asynchronous schema keeps their order and slows the client down.
   * While a message waits nothing is read, unless the client is asked something: its reply follows what it has sent
   * before.
   */
  async #read(): Promise<void> {
    // Functions that are registered in this turn get the first message.
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
    // Outside the `try`: an error of the application is not the client's fault.
    this.#inFlight.add(handle, message.length);
  }

  /** Checks a message and returns what to do with it. */
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

  /**
   * Resolves when the client has received the reply, so that a client that does not read gets no more requests handled.
   */
  async #reply(id: string | number, schema: Dialogue['reply'], answer: () => unknown): Promise<void> {
    const isTaken = this.#send({ id, data: checkNow(schema, await answer()) });
    if (!isTaken) await this.socket.drained();
  }

  /**
   * A message that is not typed may be for `commands`. Reading does not wait for them, as they may ask the client
   * something.
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

/** Cuts a close reason to its maximum length (RFC 6455 §5.5). */
function fit(reason: string): string {
  const characters = Array.from(reason.slice(0, maxReason));
  while (Buffer.byteLength(characters.join('')) > maxReason) characters.pop();
  return characters.join('');
}
