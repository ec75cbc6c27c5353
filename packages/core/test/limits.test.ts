import { describe, expect, test } from 'vitest';
import { defaultLimits, limitOptions, resolveLimits, type LimitName } from '../src/limits.ts';

const names = Object.keys(limitOptions) as LimitName[];
const delays = names.filter((name) => limitOptions[name].unit === 'ms');

describe('defaultLimits', () => {
  test('are the documented ones', () => {
    expect(defaultLimits).toEqual({
      maxHeaders: 100,
      maxTargetLength: 8192,
      maxListLength: 8192,
      handshakeTimeout: 10_000,
      maxPayload: 1_048_576,
      maxFragments: Infinity,
      maxEmptyFragments: 16,
      messageTimeout: 30_000,
      maxTotalIncompleteBytes: 134_217_728,
      pingInterval: 25_000,
      pongTimeout: 10_000,
      closeTimeout: 5_000,
      highWaterMark: 65_536,
      maxBufferedAmount: 16_777_216,
      maxTotalBufferedAmount: 268_435_456,
      sendTimeout: 25_000,
      maxUnreadMessages: 16,
      maxUnreadBytes: 1_048_576,
      maxTotalUnreadBytes: 134_217_728,
    });
  });

  test('limit what the process holds for its sockets to 512 MiB', () => {
    const { maxTotalIncompleteBytes, maxTotalUnreadBytes, maxTotalBufferedAmount } = defaultLimits;
    expect(maxTotalIncompleteBytes + maxTotalUnreadBytes + maxTotalBufferedAmount).toBeLessThanOrEqual(
      512 * 1024 * 1024,
    );
  });

  test('cannot be changed', () => {
    expect(Object.isFrozen(defaultLimits)).toBe(true);
  });

  test.each(names)('have a reason and an answer for %s', (name) => {
    expect(limitOptions[name].reason).toMatch(/^[A-Z]/);
    expect(limitOptions[name].answer).not.toBe('');
  });
});

describe('resolveLimits', () => {
  test('returns the defaults if no limit is given', () => {
    expect(resolveLimits()).toEqual(defaultLimits);
  });

  test('returns limits that can be shared: frozen, and the same object if there is nothing to resolve', () => {
    expect(resolveLimits()).toBe(defaultLimits);
    expect(resolveLimits({})).toBe(defaultLimits);
    const limits = resolveLimits({ maxPayload: 5 });
    expect(resolveLimits(limits)).toBe(limits);
    expect(Object.isFrozen(limits)).toBe(true);
  });

  test('keeps the given limits, ignores undefined and fills in the rest', () => {
    const limits = resolveLimits({ maxPayload: 10, maxFragments: undefined as never, closeTimeout: Infinity });
    expect(limits).toEqual({ ...defaultLimits, maxPayload: 10, closeTimeout: Infinity });
  });

  test('rejects an unknown limit, and suggests the nearest', () => {
    const message = 'Unknown option maxPayLoad: did you mean maxPayload?';
    expect(() => resolveLimits({ maxPayLoad: 5 } as object)).toThrow(new TypeError(message));
  });

  test.each(names)('accepts 0 and Infinity for %s', (name) => {
    expect(resolveLimits({ [name]: 0 })[name]).toBe(0);
    expect(resolveLimits({ [name]: Infinity })[name]).toBe(Infinity);
  });

  test.each([
    ['a string', '10', 'string'],
    ['null', null, 'null'],
    ['true', true, 'boolean'],
    ['a bigint', 10n, 'bigint'],
  ])('throws a TypeError on %s', (_, value, type) => {
    const message = `Invalid option maxPayload: expected a number, got ${type}`;
    expect(() => resolveLimits({ maxPayload: value as never })).toThrow(new TypeError(message));
  });

  test.each([-1, 1.5, NaN, -Infinity])('throws a RangeError on %s', (value) => {
    const message = `Invalid option maxUnreadBytes: expected a whole number of 0 or more, or Infinity, got ${value}`;
    expect(() => resolveLimits({ maxUnreadBytes: value })).toThrow(new RangeError(message));
  });

  test.each(delays)('throws a RangeError on a %s that is too long for a timer', (name) => {
    expect(resolveLimits({ [name]: 2_147_483_647 })[name]).toBe(2_147_483_647);
    const message = `Invalid option ${name}: expected a whole number of 0 to 2147483647 ms, or Infinity, got 2147483648`;
    expect(() => resolveLimits({ [name]: 2_147_483_648 })).toThrow(new RangeError(message));
  });

  test('accepts a length in bytes over 2^31', () => {
    expect(resolveLimits({ maxPayload: 2 ** 40 }).maxPayload).toBe(2 ** 40);
  });
});
