import { expect, test } from 'vitest';
import { RateLimit } from '../src/rate-limit.ts';

test('allows ten at once, and one per second after that', () => {
  let now = 0;
  const limit = new RateLimit({ burst: 10, perSecond: 1, now: () => now });
  const taken = Array.from({ length: 12 }, () => limit.take('a'));
  expect(taken).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 1000]);
  expect(limit.take('b')).toBe(0);
  now = 400;
  expect(limit.take('a')).toBe(600);
  now = 1_000;
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 1000]);
  now = 1_000_000;
  expect(Array.from({ length: 11 }, () => limit.take('a')).filter((wait) => wait > 0)).toHaveLength(1);
});

test('forgets a person whose bucket is full again', () => {
  let now = 0;
  const limit = new RateLimit({ burst: 2, perSecond: 1, now: () => now });
  for (let person = 0; person < 999; person++) limit.take(`early ${person}`);
  expect(limit.size).toBe(999);
  now = 1_000;
  limit.take('late');
  expect(limit.size).toBe(1);
  expect([limit.take('late'), limit.take('late')]).toEqual([0, 1000]);
});
