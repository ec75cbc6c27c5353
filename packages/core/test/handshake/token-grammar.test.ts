import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assertHeader, describeValue, HeaderScanner, isToken } from '../../src/handshake/token-grammar.ts';

const separators = '"(),/:;<=>?@[\\]{} \t';

describe('isToken (RFC 9110 §5.6.2)', () => {
  test('accepts every tchar and no other of the first 512 characters', () => {
    const accepted = Array.from({ length: 512 }, (_, code) => String.fromCharCode(code)).filter(isToken);
    expect(accepted.join('')).toBe("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  });

  test.each([
    ['', false],
    ['chat.v1', true],
    ['__proto__', true],
    ['a b', false],
    ['a\r', false],
    ['ﬀ', false],
  ])('of %j is %s', (text, expected) => {
    expect(isToken(text)).toBe(expected);
  });
});

describe('describeValue', () => {
  test.each([
    ['', 'an empty value'],
    ['14', '"14"'],
    ['x'.repeat(64), `"${'x'.repeat(64)}"`],
    ['x'.repeat(65), 'another value'],
    ['<script>', 'another value'],
    ['a\r\nb', 'another value'],
  ])('of %j is %s', (value, shown) => {
    expect(describeValue(value)).toBe(shown);
  });
});

describe('assertHeader (RFC 9110 §5.1, §5.5)', () => {
  test.each([
    ['Set-Cookie', 'a=b; Path=/'],
    ['X-Empty', ''],
    ['X-Tab', 'a\tb'],
    ['X-Latin', '\u0080\u00ff'],
  ])('passes %s: %j', (name, value) => {
    expect(() => assertHeader(name, value)).not.toThrow();
  });

  test.each([
    ['', 'v', 'Invalid header name: expected a token'],
    ['A B', 'v', 'Invalid header name: expected a token'],
    ['A:', 'v', 'Invalid header name: expected a token'],
    ['A\r\nB', 'v', 'Invalid header name: expected a token'],
    [7, 'v', 'Invalid header name: expected a token'],
    ['A', 'a\r\nB: c', 'Invalid value of header A: character U+000D at index 1'],
    ['A', 'a\n', 'Invalid value of header A: character U+000A at index 1'],
    ['A', '\0', 'Invalid value of header A: character U+0000 at index 0'],
    ['A', '\x7f', 'Invalid value of header A: character U+007F at index 0'],
    ['A', 'Ā', 'Invalid value of header A: character U+0100 at index 0'],
    ['A', 120, 'Invalid value of header A: expected a string, got number'],
    ['A', undefined, 'Invalid value of header A: expected a string, got undefined'],
  ])('throws a TypeError on %j: %j', (name, value, message) => {
    expect(() => assertHeader(name as string, value as string)).toThrow(new TypeError(message));
  });
});

describe('HeaderScanner', () => {
  test('takes tokens and separators in turn and skips space and tab', () => {
    const scanner = new HeaderScanner(' \t a \t=b');
    scanner.skipSpace();
    expect(scanner.takeToken()).toBe('a');
    scanner.skipSpace();
    expect(scanner.take(',')).toBe(false);
    expect(scanner.take('=')).toBe(true);
    expect(scanner.atEnd).toBe(false);
    expect(scanner.takeToken()).toBe('b');
    expect(scanner.atEnd).toBe(true);
  });

  test('takes nothing at the end', () => {
    const scanner = new HeaderScanner('');
    scanner.skipSpace();
    expect(scanner.takeToken()).toBe('');
    expect(scanner.take(',')).toBe(false);
    expect(scanner.takeQuotedRest()).toBeNull();
  });

  test.each(Array.from(separators))('ends a token before %j', (separator) => {
    expect(new HeaderScanner(`a${separator}b`).takeToken()).toBe('a');
  });

  test.each([
    ['"', ''],
    ['a b"', 'a b'],
    ['a\\"b"', 'a"b'],
    ['\\\\"', '\\'],
    ['\\a"', 'a'],
    ['\t\u00ff"', '\t\u00ff'],
    ['a', null],
    ['\\"', null],
    ['\\', null],
    ['a\\', null],
    ['\r"', null],
    ['\\\0"', null],
    ['\u0100"', null],
    ['\\"'.repeat(8192), null],
  ])('reads the quoted rest %j as %j (§5.6.4)', (text, value) => {
    expect(new HeaderScanner(text).takeQuotedRest()).toBe(value);
  });

  test('continues after the closing quote', () => {
    const scanner = new HeaderScanner('x",y');
    expect(scanner.takeQuotedRest()).toBe('x');
    expect(scanner.take(',')).toBe(true);
    expect(scanner.takeToken()).toBe('y');
  });

  test('resolves any escaping of any field value', () => {
    const char = fc.integer({ min: 0x20, max: 0xff }).filter((code) => code !== 0x7f);
    fc.assert(
      fc.property(fc.array(fc.tuple(char, fc.boolean())), (chars) => {
        const value = chars.map(([code]) => String.fromCharCode(code));
        const escaped = value.map((one, index) => (chars[index]![1] || '"\\'.includes(one) ? `\\${one}` : one));
        expect(new HeaderScanner(`${escaped.join('')}"`).takeQuotedRest()).toBe(value.join(''));
      }),
    );
  });
});
