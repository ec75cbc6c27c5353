import { expect, test } from 'vitest';
import { hasPrivateNumber } from '../../tools/private-numbers.mjs';

// The quote comes last, so that this file is none of those that are found.
const name = (title: string): string => `test('${title}', () => {});`;

test.each(['is refused (27)', 'is refused (110, 114)'])('the name %j ends with numbers of a list', (title) => {
  expect(hasPrivateNumber(name(title))).toBe(true);
  expect(hasPrivateNumber(`test(\n  "${title}",\n  () => {});`)).toBe(true);
});

test.each(['closes with 1009', 'is of 10 (or 20) bytes', 'calls f(1) twice', 'is at rgb(1, 2, 3)'])(
  'the name %j has none',
  (title) => {
    expect(hasPrivateNumber(name(title))).toBe(false);
  },
);
