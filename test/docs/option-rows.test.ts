import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findOptionFaults, type DeclaredOptions } from '../../tools/option-rows.ts';
import { declaredOptions } from './declared-options.ts';
import { root } from '../architecture/read-workspace.ts';

describe('the rows of options', () => {
  test.each(declaredOptions)('of $mark in $readme match the declarations', ({ readme, mark, declared }) => {
    expect(findOptionFaults(readFileSync(join(root, readme), 'utf8'), mark, declared)).toEqual([]);
  });
});

describe('the check of rows', () => {
  const declared: DeclaredOptions = {
    size: { default: 1_000, expected: 'a whole number of 1 to 100000' },
    interval: { default: 3_000, expected: 'a whole number of 1 to 2147483647 ms, or Infinity' },
    onError: { default: undefined, expected: 'a function' },
  };
  const rows = [
    '- `size` {number} How many, 1 to 100,000. Default: 1,000.',
    '- `interval` {number} How often, in ms; `Infinity` for never. Default: 3,000.',
    '- `onError(error)` Told of errors. Default: it is printed.',
  ];
  const check = (...lines: string[]): string[] =>
    findOptionFaults(
      `before\n<!-- options: made up -->\n${lines.join('\n')}\n<!-- /options -->\n`,
      'made up',
      declared,
    );

  test('accepts correct rows', () => {
    expect(check(...rows)).toEqual([]);
  });

  // A check that never fails proves nothing.
  test.each([
    [[rows[0], rows[1]], 'onError has no row'],
    [[...rows, '- `sise` How many. Default: 5.'], 'sise is not an option'],
    [[rows[0]?.replace('1,000.', '2,000.'), rows[1], rows[2]], 'size has the default 1,000, and states 2,000'],
    [[rows[0]?.replace('100,000', '10'), rows[1], rows[2]], 'size does not state its bound 100,000'],
    [[rows[0], rows[1]?.replace('`Infinity`', 'nothing'), rows[2]], 'interval does not state its bound Infinity'],
    [[rows[0], rows[1], '- `onError` Told of errors.'], 'onError states no default'],
  ])('finds a wrong row: %#', (lines, fault) => {
    expect(check(...lines.map((line) => line ?? ''))).toEqual([fault]);
  });

  test('names the missing marks of a document', () => {
    expect(() => findOptionFaults('no marks', 'hub', {})).toThrow('expected <!-- options: hub -->');
  });
});
