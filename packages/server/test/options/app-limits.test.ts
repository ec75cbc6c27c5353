import { expect, test } from 'vitest';
import { resolveOptions } from '@turnout/core/options';
import { appLimitOptions } from '../../src/options/app-limits.ts';
import { createRouter } from '@turnout/test-kit/serve-router';

test('an app without limit options has the default limits', () => {
  const defaults = {
    maxConnections: 20_000,
    maxPendingHandshakes: 1_000,
    maxMemoryPercent: 90,
    maxStreamsPerConnection: 100,
    maxConnectionsPerAddress: Infinity,
    maxConnectionsPerUser: Infinity,
  };
  expect(resolveOptions(appLimitOptions, {})).toEqual(defaults);
});

test('an app can set each limit separately, including to 0 and Infinity', () => {
  const limits = {
    maxConnections: 0,
    maxPendingHandshakes: Infinity,
    maxMemoryPercent: 100,
    maxStreamsPerConnection: Infinity,
    maxConnectionsPerAddress: 3,
    maxConnectionsPerUser: 2,
  };
  expect(resolveOptions(appLimitOptions, limits)).toEqual(limits);
});

test.each(Object.keys(appLimitOptions))('an app with an invalid %s is refused', (name) => {
  const create = (value: unknown): unknown => createRouter({ [name]: value });
  expect(() => create('9')).toThrow(new TypeError(`Invalid option ${name}: expected a number, got string`));
  expect(() => create(null)).toThrow(TypeError);
  for (const value of [-1, 1.5, NaN, -Infinity]) {
    const message = `Invalid option ${name}: expected a whole number of 0 or more, or Infinity, got ${value}`;
    expect(() => create(value)).toThrow(new RangeError(message));
  }
});
