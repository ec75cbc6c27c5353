import { expect, test } from 'vitest';
import { resolveDeflate, type PerMessageDeflateOptions } from '../../src/deflate/deflate-settings.ts';

test('is off by default', () => {
  expect(resolveDeflate(undefined)).toBeNull();
  expect(resolveDeflate(false)).toBeNull();
});

test('has defaults that need little memory, and keeps given options', () => {
  expect(resolveDeflate(true)).toMatchObject({
    wishes: {},
    threshold: 1024,
    level: 6,
    memLevel: 5,
    maxRatio: 100,
    maxFinalBlocks: 256,
  });
  expect(
    resolveDeflate({
      serverNoContextTakeover: false,
      clientMaxWindowBits: 8,
      threshold: 0,
      zlibDeflateOptions: { level: 1, memLevel: 9 },
      maxRatio: Infinity,
      maxFinalBlocks: 0,
      concurrencyLimit: 1,
    }),
  ).toMatchObject({
    wishes: { serverNoContextTakeover: false, clientNoContextTakeover: undefined, clientMaxWindowBits: 8 },
    threshold: 0,
    level: 1,
    memLevel: 9,
    maxRatio: Infinity,
    maxFinalBlocks: 0,
  });
});

test('returns the same settings for the same options object, so that its sockets share one limit of jobs', () => {
  const options = {};
  expect(resolveDeflate(options)).toBe(resolveDeflate(options));
  expect(resolveDeflate(true)).toBe(resolveDeflate(true));
  expect(resolveDeflate({})).not.toBe(resolveDeflate(options));
});

test.each<[unknown, string]>([
  ['yes', 'Invalid option perMessageDeflate: expected a boolean or an object, got string'],
  [null, 'Invalid option perMessageDeflate: expected a boolean or an object, got null'],
  [
    { serverNoContextTakeover: 1 },
    'Invalid option perMessageDeflate.serverNoContextTakeover: expected a boolean, got number',
  ],
  [{ serverMaxWindowBits: '9' }, 'Invalid option perMessageDeflate.serverMaxWindowBits: expected a number, got string'],
  [
    { clientMaxWindowBits: 16 },
    'Invalid option perMessageDeflate.clientMaxWindowBits: expected a whole number of 8 to 15, got 16',
  ],
  [
    { serverMaxWindowBits: 8.5 },
    'Invalid option perMessageDeflate.serverMaxWindowBits: expected a whole number of 8 to 15, got 8.5',
  ],
  [{ treshold: 0 }, 'Unknown option perMessageDeflate.treshold: did you mean perMessageDeflate.threshold?'],
  [{ zlibDeflateOptions: 6 }, 'Invalid option perMessageDeflate.zlibDeflateOptions: expected an object, got number'],
  [
    { threshold: -1 },
    'Invalid option perMessageDeflate.threshold: expected a whole number of 0 or more, or Infinity, got -1',
  ],
  [
    { maxFinalBlocks: 1.5 },
    'Invalid option perMessageDeflate.maxFinalBlocks: expected a whole number of 0 or more, or Infinity, got 1.5',
  ],
  [
    { maxRatio: 0 },
    'Invalid option perMessageDeflate.maxRatio: expected a whole number of 1 or more, or Infinity, got 0',
  ],
  [
    { zlibDeflateOptions: { level: 10 } },
    'Invalid option perMessageDeflate.zlibDeflateOptions.level: expected a whole number of 1 to 9, got 10',
  ],
  [
    { concurrencyLimit: NaN },
    'Invalid option perMessageDeflate.concurrencyLimit: expected a whole number of 1 or more, or Infinity, got NaN',
  ],
])('rejects %j and says what is wrong', (option, message) => {
  expect(() => resolveDeflate(option as PerMessageDeflateOptions)).toThrow(message);
});
