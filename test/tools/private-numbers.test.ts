import { expect, test } from 'vitest';
import { hasPrivateNumber } from '../../tools/private-numbers.mjs';

const name = (title: string): string => `test('${title}', () => {});`;

test.each(['27', '110, 114'])('a name that ends with (%s) has private numbers', (numbers) => {
  const title = `is refused (${numbers})`;
  expect(hasPrivateNumber(name(title))).toBe(true);
  expect(hasPrivateNumber(`test(\n  "${title}",\n  () => {});`)).toBe(true);
});

test.each(['closes with 1009', 'is of 10 (or 20) bytes', 'calls f(1) twice', 'is at rgb(1, 2, 3)'])(
  'the name %j has no private number',
  (title) => {
    expect(hasPrivateNumber(name(title))).toBe(false);
  },
);
