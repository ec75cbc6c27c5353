import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { assertOriginRule, isAllowedOrigin, isSameOrigin, normaliseOrigin } from '../../src/options/origin.ts';
import type { OriginRule } from '../../src/options/origin.ts';

const request = new IncomingMessage(new Socket());

describe('normaliseOrigin()', () => {
  test.each([
    ['https://good.test', 'https://good.test:443'],
    ['http://good.test', 'http://good.test:80'],
    ['HTTPS://Good.TEST', 'https://good.test:443'],
    ['https://good.test:8443', 'https://good.test:8443'],
    ['http://[::1]', 'http://[::1]:80'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['capacitor://localhost', 'capacitor://localhost:'],
    ['file://', 'file://'],
    ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example:443'],
  ])('normalises %s to %s', (origin, normal) => {
    expect(normaliseOrigin(origin)).toBe(normal);
  });

  test.each([
    'null',
    '',
    '://host',
    'https:/good.test',
    'https://',
    'https://good.test/',
    'file:///',
    'https://good.test/x',
    'https:///',
    'https://good.test:',
    'https://good.test:44 3',
    'https://good.test:443:443',
    'https://user@good.test',
    'https://good.test?x',
    'https://good.test#x',
    'https://good.test\\',
    'https://[::1',
    'https://[]',
    'https://[::1]x',
    'https://[good.test]',
    'https://bücher.example',
    'ht tp://good.test',
  ])('returns undefined for %j', (origin) => {
    expect(normaliseOrigin(origin)).toBeUndefined();
  });
});

describe('the app’s own origin', () => {
  test.each([
    ['http://good.test', 'http', 'good.test'],
    ['http://good.test:80', 'http', 'good.test'],
    ['http://good.test', 'http', 'good.test:80'],
    ['https://good.test', 'https', 'GOOD.test'],
    ['https://good.test', 'wss', 'good.test'],
    ['http://good.test', 'WS', 'good.test'],
    ['http://[::1]:3000', 'http', '[::1]:3000'],
    ['https://good.test/', 'https', 'good.test'],
    ['http://good.test:3000/', 'http', 'good.test:3000'],
  ])('is %s for %s, %s', (origin, scheme, host) => {
    expect(isSameOrigin(origin, { scheme, host })).toBe(true);
  });

  test.each([
    ['https://good.test', 'http', 'good.test'],
    ['http://good.test', 'https', 'good.test'],
    ['http://good.test:81', 'http', 'good.test'],
    ['http://good.test.', 'http', 'good.test'],
    ['http://evilgood.test', 'http', 'good.test'],
    ['http://good.test.evil.example', 'http', 'good.test'],
    ['http://good.test@evil.example', 'http', 'good.test'],
    ['http://127.0.0.1', 'http', 'localhost'],
    ['null', 'http', 'null'],
    ['null', 'http', undefined],
    ['http://undefined/', 'http', undefined],
    ['http://undefined', 'http', undefined],
    ['http://good.test//', 'http', 'good.test'],
    ['http://good.test/x', 'http', 'good.test'],
    ['file://', 'http', 'good.test'],
    ['http://good.test', 'http', 'good.test/'],
  ])('is not %s for %s, %s', (origin, scheme, host) => {
    expect(isSameOrigin(origin, { scheme, host })).toBe(false);
  });
});

describe('the origin rule', () => {
  test.each<[OriginRule, string, boolean]>([
    ['same-origin', 'https://other.test', false],
    ['any', 'https://other.test', true],
    ['any', 'null', true],
    [['https://other.test'], 'https://other.test', true],
    [['https://OTHER.test:443'], 'https://other.test', true],
    [['https://other.test'], 'https://other.test:8443', false],
    [['https://other.test'], 'https://sub.other.test', false],
    [['https://other.test'], 'null', false],
    [['https://other.test'], 'nonsense', false],
    [['https://other.test'], 'https://other.test/', true],
    [['https://other.test'], 'file://', false],
    [['file://'], 'file://', true],
    [['file://'], 'file:///', false],
    [['file://'], 'file://host', false],
    [['null'], 'null', true],
    [['null'], 'https://other.test', false],
    [[], 'https://other.test', false],
  ])('%j answers %s with %s', (rule, origin, expected) => {
    expect(isAllowedOrigin(rule, origin, request)).toBe(expected);
  });

  test('that is a function gets the origin and the request', async () => {
    expect(isAllowedOrigin((origin, from) => origin === 'https://a' && from === request, 'https://a', request)).toBe(
      true,
    );
    expect(await isAllowedOrigin((origin) => Promise.resolve(origin !== 'https://a'), 'https://a', request)).toBe(
      false,
    );
  });

  test.each<[OriginRule]>([['same-origin'], ['any'], [['https://a.test', 'null']], [[]], [() => true]])(
    '%j is valid',
    (rule) => {
      expect(() => assertOriginRule(rule)).not.toThrow();
    },
  );

  test.each<[unknown, string]>([
    ['*', "Invalid option origin: expected 'same-origin', 'any', a list or a function, got string"],
    [true, "Invalid option origin: expected 'same-origin', 'any', a list or a function, got boolean"],
    [['*'], 'Invalid option origin: expected scheme://host or scheme://host:port, got *'],
    [['https://a.test/'], 'Invalid option origin: expected scheme://host or scheme://host:port, got https://a.test/'],
    [[7], 'Invalid option origin: expected scheme://host or scheme://host:port, got 7'],
  ])('%j is not valid', (rule, message) => {
    expect(() => assertOriginRule(rule as OriginRule)).toThrow(new TypeError(message));
  });
});
