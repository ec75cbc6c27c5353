import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatExtensions, parseExtensions } from '../../src/handshake/extension.ts';
import type { ExtensionOffer } from '../../src/handshake/extension.ts';
import { isToken } from '../../src/handshake/token-grammar.ts';

const limits = { maxListLength: 8192 };
const parse = (...values: string[]): ExtensionOffer[] | null => parseExtensions(values, limits);

describe('parseExtensions (RFC 6455 §9.1)', () => {
  test.each<[string[], ExtensionOffer[]]>([
    [[], []],
    [['foo'], [{ name: 'foo', params: [] }]],
    [
      ['foo, bar; baz=2'],
      [
        { name: 'foo', params: [] },
        { name: 'bar', params: [['baz', '2']] },
      ],
    ],
    [
      ['foo', 'bar'],
      [
        { name: 'foo', params: [] },
        { name: 'bar', params: [] },
      ],
    ],
    [
      ['foo;a;b="x";c="\\y\\z"'],
      [
        {
          name: 'foo',
          params: [
            ['a', true],
            ['b', 'x'],
            ['c', 'yz'],
          ],
        },
      ],
    ],
    [
      ['\tfoo ;\ta = x ; b\t=\t"y" '],
      [
        {
          name: 'foo',
          params: [
            ['a', 'x'],
            ['b', 'y'],
          ],
        },
      ],
    ],
    [
      ['foo; a=1; a=2; a'],
      [
        {
          name: 'foo',
          params: [
            ['a', '1'],
            ['a', '2'],
            ['a', true],
          ],
        },
      ],
    ],
    [
      ['permessage-deflate; client_max_window_bits'],
      [{ name: 'permessage-deflate', params: [['client_max_window_bits', true]] }],
    ],
    // Empty elements and parameters are ignored (RFC 9110 §5.6.1.2, §5.6.6).
    [[''], []],
    [[' ', ''], []],
    [['foo,'], [{ name: 'foo', params: [] }]],
    [[', foo;, '], [{ name: 'foo', params: [] }]],
    [['foo; ;; a ; '], [{ name: 'foo', params: [['a', true]] }]],
    [['x; server_max_window_bits=+9'], [{ name: 'x', params: [['server_max_window_bits', '+9']] }]],
    [
      ['__proto__; constructor; toString=x'],
      [
        {
          name: '__proto__',
          params: [
            ['constructor', true],
            ['toString', 'x'],
          ],
        },
      ],
    ],
  ])('reads %j', (values, offers) => {
    expect(parse(...values)).toEqual(offers);
  });

  test.each([
    ['a parameter that starts with "="', ['foo; =x']],
    ['a parameter without a value', ['foo; a=']],
    ['a parameter followed by another without ";"', ['foo; a b']],
    ['a second "="', ['foo; a=b=c']],
    ['an extension of two words', ['foo bar']],
    ['an empty quoted string', ['foo; a=""']],
    ['a quoted string that is not a token', ['foo; a="x y"']],
    ['an unclosed quote', ['foo; a="x']],
    ['a quote that closes in another field', ['foo; a="x', 'y"']],
    ['a quote in the middle of a token', ['foo; a=x"y"']],
    ['an unclosed quote of 16 KB', [`foo; a="${'\\"'.repeat(8000)}`]],
    ['an unclosed quote within the limit', [`foo; a="${'\\"'.repeat(400)}`]],
    ['8,193 bytes', ['a'.repeat(8193)]],
    ['garbage after a valid offer', ['foo, @']],
    ['bytes above ASCII', ['f\u00f6\u00f6']],
    ['a control character', ['foo; a="\x01"']],
  ])('cannot read %s', (_what, values) => {
    expect(parse(...values)).toBeNull();
  });
});

test('parseExtensions accepts 400 offers', () => {
  expect(parse(Array.from({ length: 400 }, () => 'permessage-deflate').join())).toHaveLength(400);
});

describe('formatExtensions', () => {
  const token = fc.string({ minLength: 1, maxLength: 12 }).filter(isToken);
  const param = fc.tuple(token, fc.oneof(token, fc.constant(true as const)));
  const offers = fc.array(fc.record({ name: token, params: fc.array(param, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 8,
  });

  test('writes a list that parseExtensions reads back', () => {
    fc.assert(
      fc.property(offers, (extensions) => {
        expect(parse(formatExtensions(extensions))).toEqual(extensions);
      }),
    );
  });

  test('writes the list as RFC 6455 §9.1 does', () => {
    const text = 'foo, bar; baz=2; qux';
    expect(formatExtensions(parse(text)!)).toBe(text);
    expect(formatExtensions([])).toBe('');
  });

  test.each<[string, ExtensionOffer]>([
    ['a name', { name: 'a b', params: [] }],
    ['a parameter', { name: 'a', params: [['b;', true]] }],
    ['a parameter that has a value', { name: 'a', params: [['', 'x']] }],
    ['a value', { name: 'a', params: [['b', 'x\r\n']] }],
  ])('throws a TypeError if %s is not a token', (_what, extension) => {
    expect(() => formatExtensions([extension])).toThrow(TypeError);
  });
});
