import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertOffered, chooseProtocol, formatProtocols, parseProtocols } from '../../src/handshake/subprotocol.ts';
import { isToken } from '../../src/handshake/token-grammar.ts';
import { refusalOf, verdictOf } from './refusal.ts';

const limits = { maxListLength: 8192 };
const parse = (...values: string[]): string[] => parseProtocols(values, limits);

describe('parseProtocols (RFC 6455 §4.1, §4.3)', () => {
  test.each([
    [[], []],
    [['chat'], ['chat']],
    [['chat, superchat'], ['chat', 'superchat']],
    [
      ['chat', 'superchat'],
      ['chat', 'superchat'],
    ],
    [['chat, CHAT'], ['chat', 'CHAT']],
    [['__proto__, constructor'], ['__proto__', 'constructor']],
    [[''], []],
    [['a,,b,'], ['a', 'b']],
  ])('reads %j as %j', (values, protocols) => {
    expect(parse(...values)).toEqual(protocols);
  });

  test.each([
    ['a token of two words', ['a b']],
    ['a quoted string', ['"a"']],
    ['bytes above ASCII', ['\u0080\u00ff']],
    ['a NUL', ['a\0']],
    ['16,000 spaces', [`b${' '.repeat(16_000)}x`]],
    ['16,000 bytes of spaces outside any element', [' '.repeat(16_000)]],
    ['8,193 bytes in one element', ['a'.repeat(8193)]],
    ['8,193 bytes in two fields', ['a'.repeat(4000), 'b'.repeat(4191)]],
    ['an element twice', ['a, b, a']],
    ['an element twice over two fields', ['a', 'a']],
  ])('refuses %s with 400', (_what, values) => {
    expect(verdictOf(() => parse(...values))).toBe('400 WS_ERR_HANDSHAKE_PROTOCOL');
  });

  test("accepts a credential of 6 KiB beside the protocol's name, and 8,192 bytes in total", () => {
    const credential = `bearer.${'x'.repeat(6 * 1024)}`;
    expect(parse(`v1.example, ${credential}`)).toEqual(['v1.example', credential]);
    expect(parse('a'.repeat(8192))).toHaveLength(1);
    expect(parse('a'.repeat(4000), 'b'.repeat(4190))).toHaveLength(2);
  });

  test('accepts as many elements as fit', () => {
    const names = Array.from({ length: 1500 }, (_, index) => `p${index}`);
    expect(parse(names.join())).toEqual(names);
  });

  test('states the length of a list that is too long', () => {
    expect(refusalOf(() => parse('a'.repeat(8193))).message).toBe(
      'Sec-WebSocket-Protocol has 8193 bytes, more than 8192 (maxListLength)',
    );
  });

  test('states which element is repeated', () => {
    expect(refusalOf(() => parse('a, b, a')).message).toBe('Sec-WebSocket-Protocol offers "a" twice');
  });
});

describe('formatProtocols', () => {
  test('writes a list that parseProtocols reads back', () => {
    const token = fc.string({ minLength: 1, maxLength: 20 }).filter(isToken);
    fc.assert(
      fc.property(fc.uniqueArray(token, { minLength: 1, maxLength: 16 }), (protocols) => {
        expect(parse(formatProtocols(protocols))).toEqual(protocols);
      }),
    );
  });

  test.each([
    [[''], 'Invalid subprotocol: expected a token, got ""'],
    [['a, b'], 'Invalid subprotocol: expected a token, got "a, b"'],
    [['a\r\n'], 'Invalid subprotocol: expected a token, got "a\\r\\n"'],
    [['a', 'b', 'a'], 'Invalid subprotocols: "a" is given twice'],
  ])('throws a SyntaxError on %j', (protocols, message) => {
    expect(() => formatProtocols(protocols)).toThrow(new SyntaxError(message));
  });
});

describe('chooseProtocol (RFC 6455 §1.9, §4.2.2)', () => {
  test.each([
    [['a', 'b'], ['b', 'a'], 'b'],
    [['a', 'b'], ['c', 'a'], 'a'],
    [['a'], ['A'], ''],
    [['a'], ['b'], ''],
    [['a'], [], ''],
    [[], ['a'], ''],
  ])('of the offers %j a server that speaks %j chooses %j', (offered, spoken, chosen) => {
    expect(chooseProtocol(offered, spoken)).toBe(chosen);
  });

  test("passes the offers to the server's function and uses its choice", () => {
    const seen: unknown[] = [];
    const choice = (offered: readonly string[]): string => {
      seen.push(offered);
      return 'b';
    };
    expect(chooseProtocol(['a', 'b'], choice)).toBe('b');
    expect(seen).toEqual([['a', 'b']]);
  });

  test.each([[false as const], ['' as const]])('chooses none if the function returns %j', (nothing) => {
    expect(chooseProtocol(['a'], () => nothing)).toBe('');
  });

  test.each([['c'], ['a, b'], ['a\r\nX: y'], [undefined]])('refuses with 500 if the function returns %j', (choice) => {
    expect(refusalOf(() => chooseProtocol(['a', 'b'], () => choice as string))).toMatchObject({
      status: 500,
      code: 'WS_ERR_HANDSHAKE_PROTOCOL_CHOICE',
      message: 'The server chose a subprotocol that was not offered',
    });
  });

  test('refuses with 500 if the function chooses although nothing was offered', () => {
    expect(verdictOf(() => chooseProtocol([], () => 'a'))).toBe('500 WS_ERR_HANDSHAKE_PROTOCOL_CHOICE');
  });
});

test('assertOffered accepts an offered subprotocol', () => {
  expect(() => assertOffered(['a'], 'a')).not.toThrow();
});
