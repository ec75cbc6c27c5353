import { callback, resolveOptions, type OptionsFor } from '@turnout/core/options';
import { check, checkNow } from './check.ts';
import type { MessageContract } from './define-messages.ts';
import type { Dialogues, Input, MessageDefinition, Output, Part, Schemas } from './definition.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import { defined } from './find-schema.ts';
import { InvalidMessage } from './invalid-message.ts';
import { AskError } from './ask-error.ts';
import { askOptions, Questions, type AskOptions } from './questions.ts';

/** What a typed client needs: a `Client` of `@turnout/client`. */
export interface ClientLike {
  readonly status: string;
  send(data: string): SendResult;
  addEventListener(type: string, listener: (event: Event) => void): void;
}

type SendResult = 'sent' | 'queued' | 'dropped';

export interface TypedClientOptions {
  /**
   * Gets what a function throws or rejects with, messages of the server that do not match, and what the server finds
   * wrong with a message of this client. Default: the error is printed.
   */
  readonly onError?: (error: unknown) => void;
}

const typedClientOptions = {
  onError: callback<(error: unknown) => void>(),
} satisfies OptionsFor<TypedClientOptions>;

type Listener = (data: never) => unknown;

/**
 * Handles the messages of a definition on a client: the counterpart of `serve()`. It leaves the client's topics and the
 * application's own messages alone.
 */
export function typedClient<Definition extends MessageDefinition>(
  client: ClientLike,
  { definition }: Pick<MessageContract<Definition>, 'definition'>,
  options?: TypedClientOptions,
): TypedClient<Definition> {
  return new TypedClient(client, definition, options);
}

/** A client for the messages of one definition: it sends what the server `receives`, and so on. */
export class TypedClient<Definition extends MessageDefinition> {
  readonly client: ClientLike;
  readonly #definition: Definition;
  readonly #onError: (error: unknown) => void;
  readonly #listeners = new Map<string, Listener>();
  readonly #answers = new Map<string, Listener>();
  readonly #questions = new Questions('server');

  constructor(client: ClientLike, definition: Definition, options: TypedClientOptions | undefined) {
    const { onError = console.error } = resolveOptions(typedClientOptions, options);
    this.client = client;
    this.#definition = definition;
    this.#onError = onError;
    client.addEventListener('message', (event) => this.#onMessage((event as { readonly data?: unknown }).data));
    client.addEventListener('open', () => this.#questions.onSent());
    client.addEventListener('statuschange', () => this.#onState());
  }

  /**
   * Registers a function that is called with each message of a type.
   *
   * @throws {TypeError} if the type is not defined, or already has a function
   */
  on<Type extends keyof Part<Definition, 'sends'> & string>(
    type: Type,
    listener: (data: Output<(Part<Definition, 'sends'> & Schemas)[Type]>) => unknown,
  ): this {
    defined(this.#definition.sends, 'sends', type);
    return register(this, this.#listeners, type, listener);
  }

  /**
   * Registers a function that answers the questions of a type with what it returns or resolves with. If it throws, the
   * server is told the error, too.
   *
   * @throws {TypeError} as {@link on}
   */
  answer<Type extends keyof Part<Definition, 'asks'> & string>(
    type: Type,
    answer: (
      request: Output<(Part<Definition, 'asks'> & Dialogues)[Type]['request']>,
    ) => Answer<Definition, Type> | Promise<Answer<Definition, Type>>,
  ): this {
    defined(this.#definition.asks, 'asks', type);
    return register(this, this.#answers, type, answer);
  }

  /**
   * Sends a message.
   *
   * @returns as `send()` of the client
   * @throws {InvalidMessage} if the data does not match the schema
   */
  send<Type extends keyof Part<Definition, 'receives'> & string>(
    type: Type,
    data: Input<(Part<Definition, 'receives'> & Schemas)[Type]>,
  ): SendResult {
    return this.#send({ type, data: checkNow(defined(this.#definition.receives, 'receives', type), data) });
  }

  /**
   * Sends a request to the server, and resolves with its reply. Without a connection the request waits for one.
   *
   * Rejects with an {@link AskError} if the server cannot reply, does not in time, or the connection is lost after the
   * request was sent; the server may have handled it. Rejects with an `InvalidMessage` if the reply does not match.
   */
  async ask<Type extends keyof Part<Definition, 'answers'> & string>(
    type: Type,
    request: Input<(Part<Definition, 'answers'> & Dialogues)[Type]['request']>,
    options?: AskOptions,
  ): Promise<Output<(Part<Definition, 'answers'> & Dialogues)[Type]['reply']>> {
    const dialogue = defined(this.#definition.answers, 'answers', type);
    const { timeout } = resolveOptions(askOptions, options);
    const send = (message: object): boolean => {
      const result = this.#send(message);
      if (result === 'dropped')
        throw new AskError('MSG_ERR_NOT_SENT', `Cannot ask for ${type}: the client is closed, or its queue is full`);
      return result === 'sent';
    };
    const reply = await this.#questions.ask(dialogue, { timeout, type, request, send });
    return reply as Output<(Part<Definition, 'answers'> & Dialogues)[Type]['reply']>;
  }

  #onState(): void {
    if (this.client.status === 'closed') this.#questions.onEnd();
    else if (this.client.status !== 'open') this.#questions.onLost();
  }

  #onMessage(message: unknown): void {
    const envelope = envelopeOf(message);
    if (envelope === undefined) return;
    if (envelope.kind === 'reply') return this.#questions.onReply(envelope);
    const handled = envelope.kind === 'request' ? this.#reply(envelope) : this.#take(envelope);
    return void handled.catch(this.#onError);
  }

  async #take({ type, data }: Envelope & { kind: 'message' }): Promise<void> {
    const schema = find(this.#definition.sends, type);
    if (schema) await this.#listeners.get(type)?.((await check(schema, data)) as never);
    else if (type === 'error') throw problemOf(data);
    // Ignore other types: the server may be newer than this page.
  }

  async #reply({ type, data, id }: Envelope & { kind: 'request' }): Promise<void> {
    const dialogue = find(this.#definition.asks, type);
    const answer = this.#answers.get(type);
    try {
      if (!dialogue || !answer) throw new TypeError(`Nothing answers ${type}`);
      const reply: unknown = await answer((await check(dialogue.request, data)) as never);
      this.#send({ id, data: checkNow(dialogue.reply, reply) });
    } catch (error) {
      this.#send({ id, error: { message: error instanceof Error ? error.message : String(error) } });
      throw error;
    }
  }

  #send(message: object): SendResult {
    return this.client.send(JSON.stringify(message));
  }
}

type Answer<Definition extends MessageDefinition, Type extends string> = Input<
  (Part<Definition, 'asks'> & Dialogues)[Type]['reply']
>;

function register<This>(self: This, to: Map<string, Listener>, type: string, listener: Listener): This {
  if (to.has(type)) throw new TypeError(`Invalid type ${type}: it already has a function`);
  to.set(type, listener);
  return self;
}

function find<Value>(part: Readonly<Record<string, Value>> | undefined, type: string): Value | undefined {
  return part !== undefined && Object.hasOwn(part, type) ? part[type] : undefined;
}

/** Undefined for what is not a typed message: others may share the connection. */
function envelopeOf(message: unknown): Envelope | undefined {
  try {
    return parseEnvelope(message);
  } catch {
    return undefined;
  }
}

/** What the server found wrong with a message. */
function problemOf(data: unknown): InvalidMessage {
  const { message, path, type } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const where = typeof path === 'string' ? path : '';
  return new InvalidMessage(`The server refused ${String(type)}: ${String(message)}`, where);
}
