import { expect, test } from 'vitest';
import { fieldValues, gatherFields } from '../../src/handshake/header-fields.ts';

test('gatherFields keeps every value of a name, in any case, in order', () => {
  const fields = gatherFields(['Origin', 'a', 'X', '1', 'ORIGIN', 'b', 'origin', '']);
  expect(fieldValues(fields, 'origin')).toEqual(['a', 'b', '']);
  expect(fieldValues(fields, 'x')).toEqual(['1']);
});

test('fieldValues of an absent name are empty', () => {
  expect(fieldValues(gatherFields([]), 'host')).toEqual([]);
});

test('gatherFields ignores a name without a value', () => {
  expect([...gatherFields(['A', '1', 'B']).keys()]).toEqual(['a']);
});

test('a header named like a member of Object.prototype is an ordinary header', () => {
  const fields = gatherFields(['__proto__', 'x', 'constructor', 'y']);
  expect(fieldValues(fields, '__proto__')).toEqual(['x']);
  expect(fieldValues(fields, 'constructor')).toEqual(['y']);
  expect(fieldValues(fields, 'toString')).toEqual([]);
  expect(({} as { x?: unknown }).x).toBeUndefined();
});
