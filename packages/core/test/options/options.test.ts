import { describe, expect, test } from 'vitest';
import {
  callback,
  flag,
  group,
  longestDelay,
  milliseconds,
  object,
  oneOf,
  readOptions,
  resolveOptions,
  texts,
  value,
  whole,
} from '../../src/options.ts';

const declared = {
  maxTopics: whole({ default: 128, min: 1, infinity: true }),
  interval: milliseconds({ default: 3_000, min: 1 }),
  bits: whole({ default: undefined, min: 8, max: 15 }),
  strict: flag(true),
  slow: oneOf(['close', 'drop', 'latest'], 'close'),
  history: group({ size: whole({ default: 1_000, min: 1, max: 100_000 }), ttl: milliseconds({ default: 120_000 }) }),
  onError: callback<(error: unknown) => void>(),
  protocols: texts<string | readonly string[]>(),
  tls: object<object>(),
  prefix: value<string>('letters', (given) => typeof given === 'string' && /^[a-z]+$/.test(given)),
};

describe('options', () => {
  test('that are omitted or undefined have their defaults', () => {
    const defaults = {
      maxTopics: 128,
      interval: 3_000,
      bits: undefined,
      strict: true,
      slow: 'close',
      history: null,
      onError: undefined,
      protocols: undefined,
      tls: undefined,
      prefix: undefined,
    };
    expect(resolveOptions(declared, undefined)).toEqual(defaults);
    expect(resolveOptions(declared, {})).toEqual(defaults);
    const allUndefined = Object.fromEntries(Object.keys(declared).map((name) => [name, undefined]));
    expect(resolveOptions(declared, allUndefined)).toEqual(defaults);
  });

  test('that are given are kept; in a group, the others have their defaults', () => {
    const onError = (): void => {};
    const given = { maxTopics: Infinity, interval: longestDelay, history: { size: 5 }, onError, slow: 'latest' };
    expect(resolveOptions(declared, given)).toMatchObject({ ...given, history: { size: 5, ttl: 120_000 } });
    expect(resolveOptions(declared, { history: true }).history).toEqual({ size: 1_000, ttl: 120_000 });
    expect(resolveOptions(declared, { history: false }).history).toBeNull();
  });

  test('can be read without defaults, for options that override others', () => {
    expect(readOptions(declared, { strict: false, slow: undefined })).toEqual({ strict: false });
    expect(readOptions(declared, undefined)).toEqual({});
  });

  test('may be inherited from others', () => {
    const given = Object.create({ interval: 5 }) as object;
    expect(resolveOptions(declared, given).interval).toBe(5);
    expect(readOptions(declared, Object.create({ polyfill: 5 }) as object)).toEqual({});
  });

  test.each([
    ['maxTopic', 'Unknown option maxTopic: did you mean maxTopics?'],
    ['MaxTopics', 'Unknown option MaxTopics: did you mean maxTopics?'],
    ['histroy', 'Unknown option histroy: did you mean history?'],
    ['stirct', 'Unknown option stirct: did you mean strict?'],
    ['toString', 'Unknown option toString: expected one of maxTopics, interval, bits, strict,'],
    ['__proto__x', 'Unknown option __proto__x: expected one of'],
    ['', 'Unknown option : expected one of'],
  ])('that are not declared are rejected, such as %s', (name, message) => {
    expect(() => readOptions(declared, { [name]: 1 })).toThrow(TypeError);
    expect(() => readOptions(declared, { [name]: 1 })).toThrow(message);
    expect(() => resolveOptions(declared, { [name]: undefined })).toThrow(message);
  });

  test.each([
    [null, 'null'],
    ['history', 'string'],
    [[], 'an array'],
    [7, 'number'],
    [() => {}, 'function'],
  ])('must be an object, not %j', (given, got) => {
    const message = `Invalid options: expected an object, got ${got}`;
    expect(() => resolveOptions(declared, given as object)).toThrow(new TypeError(message));
  });

  test.each<[object, string]>([
    [{ maxTopics: '5' }, 'Invalid option maxTopics: expected a number, got string'],
    [{ maxTopics: null }, 'Invalid option maxTopics: expected a number, got null'],
    [{ maxTopics: 5n }, 'Invalid option maxTopics: expected a number, got bigint'],
    [{ strict: 'no' }, 'Invalid option strict: expected a boolean, got string'],
    [{ slow: 'wait' }, "Invalid option slow: expected 'close', 'drop' or 'latest', got 'wait'"],
    [{ slow: 7 }, "Invalid option slow: expected 'close', 'drop' or 'latest', got number"],
    [{ history: 'yes' }, 'Invalid option history: expected a boolean or an object, got string'],
    [{ history: [] }, 'Invalid option history: expected a boolean or an object, got an array'],
    [{ history: { sise: 5 } }, 'Unknown option history.sise: did you mean history.size?'],
    [{ onError: {} }, 'Invalid option onError: expected a function, got object'],
    [{ protocols: ['a', 7] }, 'Invalid option protocols: expected a string or a list of strings, got an array'],
    [{ tls: [] }, 'Invalid option tls: expected an object, got an array'],
    [{ prefix: 'A' }, 'Invalid option prefix: expected letters, got string'],
  ])('of the wrong type, as in %o, cause a TypeError', (given, message) => {
    expect(() => resolveOptions(declared, given)).toThrow(new TypeError(message));
  });

  test.each<[object, string]>([
    [{ maxTopics: 0 }, 'maxTopics: expected a whole number of 1 or more, or Infinity, got 0'],
    [{ maxTopics: -Infinity }, 'maxTopics: expected a whole number of 1 or more, or Infinity, got -Infinity'],
    [{ maxTopics: 2 ** 53 }, 'maxTopics: expected a whole number of 1 or more, or Infinity, got 9007199254740992'],
    [{ interval: NaN }, 'interval: expected a whole number of 1 to 2147483647 ms, got NaN'],
    [{ interval: Infinity }, 'interval: expected a whole number of 1 to 2147483647 ms, got Infinity'],
    [{ interval: 2 ** 31 }, 'interval: expected a whole number of 1 to 2147483647 ms, got 2147483648'],
    [{ interval: 0.5 }, 'interval: expected a whole number of 1 to 2147483647 ms, got 0.5'],
    [{ bits: 16 }, 'bits: expected a whole number of 8 to 15, got 16'],
    [{ history: { size: 0 } }, 'history.size: expected a whole number of 1 to 100000, got 0'],
  ])('out of range, as in %o, cause a RangeError', (given, message) => {
    expect(() => resolveOptions(declared, given)).toThrow(new RangeError(`Invalid option ${message}`));
  });
});
