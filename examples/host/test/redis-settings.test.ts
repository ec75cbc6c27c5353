import { redisSettings } from '@turnout/example-host/redis';
import { expect, test } from 'vitest';

test('without a variable Redis is not used', () => {
  expect(redisSettings({})).toBeUndefined();
  expect(redisSettings({ REDIS_URL: '', REDIS_SENTINELS: '' })).toBeUndefined();
});

test('a single server waits for no replica; behind Sentinel the default is one', () => {
  expect(redisSettings({ REDIS_URL: 'redis://a' })).toEqual({ url: 'redis://a', replicas: 0 });
  expect(redisSettings({ REDIS_URL: 'redis://a', REDIS_REPLICAS: '2' })).toEqual({ url: 'redis://a', replicas: 2 });
  expect(redisSettings({ REDIS_SENTINELS: 'a:1, b,[::1]:3', REDIS_MASTER: 'main' })).toEqual({
    master: 'main',
    sentinels: [
      { host: 'a', port: 1 },
      { host: 'b', port: 26_379 },
      { host: '::1', port: 3 },
    ],
    replicas: 1,
  });
});

test('an error names the invalid variable', () => {
  expect(() => redisSettings({ REDIS_URL: 'redis://a', REDIS_SENTINELS: 'a' })).toThrow('received both');
  expect(() => redisSettings({ REDIS_SENTINELS: 'a,' })).toThrow('REDIS_SENTINELS');
  expect(() => redisSettings({ REDIS_SENTINELS: 'redis://a:1' })).toThrow('REDIS_SENTINELS');
  expect(() => redisSettings({ REDIS_URL: 'redis://a', REDIS_REPLICAS: 'all' })).toThrow('REDIS_REPLICAS');
});
