import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Output } from './definition.ts';
import { InvalidMessage } from './invalid-message.ts';

/**
 * Checks received data and returns the schema's output.
 *
 * Rejects with an {@link InvalidMessage} that names the first invalid field.
 */
export async function check<Schema extends StandardSchemaV1>(schema: Schema, data: unknown): Promise<Output<Schema>> {
  return valueOf(await schema['~standard'].validate(data)) as Output<Schema>;
}

/**
 * Checks data to send, synchronously.
 *
 * @throws {InvalidMessage} that names the first invalid field
 * @throws {TypeError} if the schema is asynchronous
 */
export function checkNow<Schema extends StandardSchemaV1>(schema: Schema, data: unknown): Output<Schema> {
  const result = schema['~standard'].validate(data);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new TypeError('Invalid schema of what is sent: expected one that checks at once, got an asynchronous one');
  }
  return valueOf(result) as Output<Schema>;
}

function valueOf(result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const [issue] = result.issues;
  const keys = (issue?.path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  throw new InvalidMessage(issue?.message ?? 'Invalid', ['data', ...keys.map(String)].join('.'));
}
