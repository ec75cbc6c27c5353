import { connectNats } from '@turnout/nats';
import { connectRedis } from '@turnout/redis';
import { describe, expect, test } from 'vitest';

const timeRange = 'a whole number of 1 to 2147483647 ms';

const ofBoth: [object, string][] = [
  [{ timeout: 0 }, `Invalid option timeout: expected ${timeRange}, got 0`],
  [{ timeout: Infinity }, `Invalid option timeout: expected ${timeRange}, got Infinity`],
  [{ timeout: 2 ** 31 }, `Invalid option timeout: expected ${timeRange}, got 2147483648`],
  [{ maxPendingMessages: 0 }, 'Invalid option maxPendingMessages: expected a whole number of 1 or more, or Infinity'],
  [{ maxPendingBytes: '1MB' }, 'Invalid option maxPendingBytes: expected a number, got string'],
  [{ maxPendingMesages: 5 }, 'Unknown option maxPendingMesages: did you mean maxPendingMessages?'],
  [{ prefix: 7 }, 'Invalid option prefix: expected '],
];

// They are rejected before connecting.
describe('connectRedis()', () => {
  test.each<[object, string]>([
    ...ofBoth,
    [{ pingInterval: Infinity }, `Invalid option pingInterval: expected ${timeRange}, got Infinity`],
    [{ pingInterval: -1 }, `Invalid option pingInterval: expected ${timeRange}, got -1`],
    [{ pongTimeout: 2 ** 31 }, `Invalid option pongTimeout: expected ${timeRange}, got 2147483648`],
    [{ pongTimeout: NaN }, `Invalid option pongTimeout: expected ${timeRange}, got NaN`],
    [{ uri: 'redis://127.0.0.1' }, 'Unknown option uri: did you mean url?'],
    [{ url: 6379 }, 'Invalid option url: expected a string, got number'],
    [{ duplicateOf: 'redis' }, 'Invalid option duplicateOf: expected a client of the redis package, got string'],
  ])('refuses %o', async (options, message) => {
    await expect(connectRedis(options)).rejects.toThrow(message);
  });
});

describe('connectNats()', () => {
  test.each<[object, string]>([
    ...ofBoth,
    [{ prefix: 'a.b' }, 'Invalid option prefix: expected letters, digits, - and _, got string'],
    [{ removeIdleAfter: NaN }, 'Invalid option removeIdleAfter: expected a whole number of 1 or more ms, or Infinity'],
    [{ replicas: 0 }, 'Invalid option replicas: expected a whole number of 1 to 5, got 0'],
    [{ server: '127.0.0.1' }, 'Unknown option server: did you mean servers?'],
    [{ servers: 4222 }, 'Invalid option servers: expected a string or a list of strings, got number'],
    [{ url: '127.0.0.1' }, 'Unknown option url: expected one of maxPendingMessages, maxPendingBytes, timeout, servers'],
  ])('refuses %o', async (options, message) => {
    await expect(connectNats(options)).rejects.toThrow(message);
  });
});
