import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { callback, object, readOptions, text, type OptionsFor } from '@turnout/core/options';
import type { MessageContract } from './define-messages.ts';
import type { MessageDefinition } from './definition.ts';

type JsonSchema = Record<string, unknown>;

export interface AsyncApiOptions {
  readonly title: string;
  readonly version: string;
  /** The messages of each path, in Express's syntax: `/rooms/:room`. */
  readonly channels: Readonly<Record<string, MessageContract<MessageDefinition>>>;
  /**
   * Converts a schema to JSON Schema, for libraries that do not do it themselves. Default: by Standard JSON Schema,
   * which zod 4.2 and arktype 2.1.28 support.
   */
  readonly toJsonSchema?: (schema: StandardSchemaV1) => JsonSchema;
}

const asyncApiOptions = {
  title: text(undefined),
  version: text(undefined),
  channels: object<AsyncApiOptions['channels']>(),
  toJsonSchema: callback<(schema: StandardSchemaV1) => JsonSchema>(),
} satisfies OptionsFor<AsyncApiOptions>;

/**
 * Describes routes and their messages as an AsyncAPI 3.0 document, to serve or to write as JSON.
 *
 * @throws {TypeError} if a schema's library provides no JSON Schema and `toJsonSchema` is missing
 */
export function asyncApiDocument(options: AsyncApiOptions): JsonSchema {
  readOptions(asyncApiOptions, options);
  const { title, version, channels, toJsonSchema = byStandard } = options;
  const described: JsonSchema = {};
  const operations: JsonSchema = {};
  for (const [path, { definition }] of Object.entries(channels)) {
    const name = path.replaceAll(/[^a-zA-Z0-9]+/g, '_').replaceAll(/^_|_$/g, '') || 'root';
    const channel = new Channel(name, toJsonSchema);
    channel.add(definition);
    described[name] = { ...addressOf(path), messages: channel.messages };
    Object.assign(operations, channel.operations);
  }
  return { asyncapi: '3.0.0', info: { title, version }, channels: described, operations };
}

class Channel {
  readonly messages: JsonSchema = {};
  readonly operations: JsonSchema = {};
  readonly #name: string;
  readonly #toJsonSchema: (schema: StandardSchemaV1) => JsonSchema;

  constructor(name: string, toJsonSchema: (schema: StandardSchemaV1) => JsonSchema) {
    this.#name = name;
    this.#toJsonSchema = toJsonSchema;
  }

  add({ receives = {}, sends = {}, answers = {}, asks = {} }: MessageDefinition): void {
    for (const [type, schema] of Object.entries(receives)) this.#operate('receive', type, this.#message(type, schema));
    for (const [type, schema] of Object.entries(sends)) this.#operate('send', type, this.#message(type, schema));
    for (const [dialogues, action] of [[answers, 'receive'] as const, [asks, 'send'] as const]) {
      for (const [type, { request, reply }] of Object.entries(dialogues)) {
        const asked = this.#message(type, request, { id: { type: ['number', 'string'] } });
        const replied = this.#message(`${type}.reply`, reply, { id: { type: ['number', 'string'] } }, false);
        this.#operate(action, type, asked, { channel: this.#reference(), messages: [replied] });
      }
    }
  }

  #message(name: string, schema: StandardSchemaV1, more: JsonSchema = {}, hasType = true): JsonSchema {
    const properties = { ...(hasType && { type: { const: name } }), data: this.#toJsonSchema(schema), ...more };
    this.messages[name] = {
      contentType: 'application/json',
      payload: { type: 'object', properties, required: Object.keys(properties) },
    };
    return this.#reference(`/messages/${name}`);
  }

  #operate(action: 'receive' | 'send', type: string, message: JsonSchema, reply?: JsonSchema): void {
    this.operations[`${this.#name}.${action}.${type}`] = {
      action,
      channel: this.#reference(),
      messages: [message],
      ...(reply && { reply }),
    };
  }

  #reference(rest = ''): JsonSchema {
    return { $ref: `#/channels/${this.#name}${rest}` };
  }
}

function addressOf(path: string): JsonSchema {
  const names = [...path.matchAll(/[:*](\w+)/g)].map(([, name = '']) => name);
  const parameters = Object.fromEntries(names.map((name) => [name, {}]));
  return { address: path.replaceAll(/[:*](\w+)/g, '{$1}'), ...(names.length > 0 && { parameters }) };
}

function byStandard(schema: StandardSchemaV1): JsonSchema {
  const { jsonSchema, vendor } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props> & { vendor: string };
  if (jsonSchema !== undefined) return jsonSchema.input({ target: 'draft-2020-12' });
  throw new TypeError(`Missing option toJsonSchema: ${vendor} gives no JSON Schema of its own`);
}
