import type { StandardSchemaV1 } from '@standard-schema/spec';
import { expect, test } from 'vitest';
import { check, checkNow } from '../src/check.ts';

/** A schema of a library that the other tests do not use. */
function schemaOf(validate: StandardSchemaV1.Props['validate']): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

test.each<[string, StandardSchemaV1.Issue[], object]>([
  ['keys', [{ message: 'Wrong', path: ['votes', 0] }], { message: 'Wrong', path: 'data.votes.0' }],
  [
    'segments',
    [{ message: 'Wrong', path: [{ key: 'votes' }, { key: 0 }] }],
    { message: 'Wrong', path: 'data.votes.0' },
  ],
  ['no path', [{ message: 'Wrong' }], { message: 'Wrong', path: 'data' }],
  ['no issue at all', [], { message: 'Invalid', path: 'data' }],
])('what is wrong is named where a schema gives %s', async (_name, issues, expected) => {
  const schema = schemaOf(() => ({ issues }));
  expect(() => checkNow(schema, {})).toThrow(expect.objectContaining(expected));
  await expect(check(schema, {})).rejects.toMatchObject({ name: 'InvalidMessage', ...expected });
});

test('an asynchronous schema cannot check what is sent, and its rejection is handled', async () => {
  const schema = schemaOf(() => Promise.reject(new Error('No database')));
  expect(() => checkNow(schema, {})).toThrow('Invalid schema of what is sent: expected one that checks at once');
  await expect(check(schema, {})).rejects.toThrow('No database');
});
