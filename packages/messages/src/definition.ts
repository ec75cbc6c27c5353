import type { StandardSchemaV1 } from '@standard-schema/spec';
import { object, oneOf, whole, type OptionsFor } from '@turnout/core/options';

/** Schemas by message type. */
export type Schemas = Readonly<Record<string, StandardSchemaV1>>;

/** A request, and the reply to it. */
export interface Dialogue {
  readonly request: StandardSchemaV1;
  readonly reply: StandardSchemaV1;
}

export type Dialogues = Readonly<Record<string, Dialogue>>;

/** The messages of a route, from the server's point of view. */
export interface MessageDefinition {
  /** What clients send. */
  readonly receives?: Schemas;
  /** What the server sends. */
  readonly sends?: Schemas;
  /** What clients request, with the server's replies. */
  readonly answers?: Dialogues;
  /** What the server asks, with the clients' replies. */
  readonly asks?: Dialogues;
  /**
   * How to react to an invalid message of a client: answer with an `error` message that says what is wrong, or close,
   * with 1007 for what is not JSON and 1008 for what does not match. Default `'answer'`.
   */
  readonly onInvalid?: 'answer' | 'close';
  /**
   * How many messages and requests of one client are handled at a time: each until the promise of its function settles
   * and the client has received the reply. While one more waits, nothing is read, which slows the client down. 1 or
   * more; `Infinity` for no limit. Default 100.
   *
   * While the client is asked something, reading continues, for its reply: then as many more messages may wait, of
   * 1,048,576 characters together, and any more are answered with an error.
   */
  readonly maxInFlight?: number;
}

export const definitionOptions = {
  receives: object<Schemas>(),
  sends: object<Schemas>(),
  answers: object<Dialogues>(),
  asks: object<Dialogues>(),
  onInvalid: oneOf(['answer', 'close'], 'answer'),
  maxInFlight: whole({ default: 100, min: 1, unit: 'messages', infinity: true }),
} satisfies OptionsFor<MessageDefinition>;

/** The input type of a schema. */
export type Input<Schema extends StandardSchemaV1> = StandardSchemaV1.InferInput<Schema>;

/** The output type of a schema. */
export type Output<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>;

/** One part of a definition; without messages if it is absent. */
export type Part<
  Definition extends MessageDefinition,
  Name extends keyof MessageDefinition,
> = Definition[Name] extends object ? Definition[Name] : Record<never, never>;
