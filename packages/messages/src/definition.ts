import type { StandardSchemaV1 } from '@standard-schema/spec';
import { object, oneOf, whole, type OptionsFor } from '@turnout/core/options';

/** Schemas by the type of their message. */
export type Schemas = Readonly<Record<string, StandardSchemaV1>>;

/** A request, and the reply to it. */
export interface Dialogue {
  readonly request: StandardSchemaV1;
  readonly reply: StandardSchemaV1;
}

export type Dialogues = Readonly<Record<string, Dialogue>>;

/** What a route's messages are, as the server sees them. */
export interface MessageDefinition {
  /** What clients send. */
  readonly receives?: Schemas;
  /** What clients are sent. */
  readonly sends?: Schemas;
  /** What clients request, and are replied. */
  readonly answers?: Dialogues;
  /** What clients are asked, and reply. */
  readonly asks?: Dialogues;
  /**
   * What a client gets for a message that is none of these: an `error` message that names what is wrong, or the end of
   * its connection, 1007 for what is not JSON and 1008 for what does not fit. Default `'answer'`.
   */
  readonly onInvalid?: 'answer' | 'close';
  /**
   * How many messages and requests of one client are being handled at a time: until the promise that the function
   * returns settles, and the client takes the reply. While one more waits nothing is read, and the client is held back.
   * 1 or more; `Infinity` for no limit. Default 100.
   *
   * While the client is asked something the reading goes on, for its reply: as many more messages may wait then, of
   * 1,048,576 characters together, and what comes beyond is answered with an error.
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

/** What a schema takes. */
export type Input<Schema extends StandardSchemaV1> = StandardSchemaV1.InferInput<Schema>;

/** What a schema gives. */
export type Output<Schema extends StandardSchemaV1> = StandardSchemaV1.InferOutput<Schema>;

/** One part of a definition; no messages at all where it is left out. */
export type Part<
  Definition extends MessageDefinition,
  Name extends keyof MessageDefinition,
> = Definition[Name] extends object ? Definition[Name] : Record<never, never>;
