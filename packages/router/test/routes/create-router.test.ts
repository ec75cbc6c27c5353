import { describe, expect, test } from 'vitest';
import { createRouter } from '../../src/index.ts';

describe('createRouter()', () => {
  test.each<[object, string]>([
    [
      { sessionCheckInterval: 2 ** 31 },
      'sessionCheckInterval: expected a whole number of 1 to 2147483647 ms, or Infinity',
    ],
    [{ sessionCheckInterval: 0 }, 'sessionCheckInterval: expected a whole number of 1 to 2147483647 ms, or Infinity'],
    [{ rate: { messages: 0 } }, 'rate.messages: expected a whole number of 1 or more, or Infinity'],
  ])('refuses %j, which is out of range', (options, message) => {
    expect(() => createRouter(options)).toThrow(RangeError);
    expect(() => createRouter(options)).toThrow(`Invalid option ${message}, got `);
  });

  test.each<[object, string]>([
    [{ maxPayLoad: 5 }, 'Unknown option maxPayLoad: did you mean maxPayload?'],
    [{ origins: [] }, 'Unknown option origins: did you mean origin?'],
    [{ recheckSession: 'no' }, 'Invalid option recheckSession: expected a boolean, got string'],
    [{ user: 'ann' }, 'Invalid option user: expected a function, got string'],
    [{ rate: { perr: 'user' } }, 'Unknown option rate.perr: did you mean rate.per?'],
    [
      { perMessageDeflate: { treshold: 5 } },
      'Unknown option perMessageDeflate.treshold: did you mean perMessageDeflate.threshold?',
    ],
    [{ onError: 'log' }, 'Invalid option onError: expected a function, got string'],
    [{ maxHeaders: true }, 'Invalid option maxHeaders: expected a number, got boolean'],
    [{ origin: 7 }, "Invalid option origin: expected 'same-origin', 'any', a list or a function, got number"],
  ])('refuses %j', (options, message) => {
    expect(() => createRouter(options)).toThrow(new TypeError(message));
  });

  test('refuses a limit below zero', () => {
    expect(() => createRouter({ maxPayload: -1 })).toThrow(RangeError);
  });
});
