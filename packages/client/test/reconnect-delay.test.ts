import { expect, test } from 'vitest';
import { isFinal } from '../src/close-codes.ts';
import { reconnectDelay } from '../src/reconnect-delay.ts';

const delays = { minReconnectDelay: 500, maxReconnectDelay: 30_000 };

function delaysOf(count: number, code: number, failures: number): number[] {
  return Array.from({ length: count }, () => reconnectDelay(code, failures, delays));
}

test('the delay has full jitter, and its upper bound doubles each time up to the maximum', () => {
  for (const [failures, longest] of [
    [1, 1_000],
    [2, 2_000],
    [6, 30_000],
    [2_000, 30_000],
  ] as const) {
    const all = delaysOf(2_000, 1006, failures);
    expect(Math.max(...all)).toBeLessThanOrEqual(longest);
    expect(Math.max(...all)).toBeGreaterThan(longest * 0.9);
    expect(Math.min(...all)).toBeLessThan(longest * 0.1);
  }
});

test('after a restart at most 5 % of 8,000 clients reconnect in any 250 ms', () => {
  const slots = new Map<number, number>();
  for (const delay of delaysOf(8_000, 1012, 1)) {
    const slot = Math.floor(delay / 250);
    slots.set(slot, (slots.get(slot) ?? 0) + 1);
  }
  expect(Math.max(...slots.values())).toBeLessThanOrEqual(400);
  expect(Math.max(...delaysOf(1_000, 1012, 2))).toBeLessThanOrEqual(2_000);
});

test('a client that is refused for 5 minutes tries about 25 times, and never more than 60', () => {
  const attempts = Array.from({ length: 1_000 }, () => {
    let count = 0;
    for (let time = 0; time < 300_000; count++) time += reconnectDelay(1006, count + 1, delays);
    return count;
  });
  expect(attempts.reduce((sum, count) => sum + count, 0) / 1_000).toBeLessThanOrEqual(30);
  expect(Math.max(...attempts)).toBeLessThanOrEqual(60);
});

test('an overloaded server gets more time', () => {
  expect(Math.max(...delaysOf(1_000, 1013, 1))).toBeGreaterThan(10_000);
});

test('reconnecting is pointless after a fault of the client, a refusal or the end of the session', () => {
  expect([1000, 1001, 1002, 1006, 1007, 1008, 1011, 1012, 1013, 3000].filter((code) => isFinal(code, []))).toEqual([
    1000, 1002, 1007, 1008, 3000,
  ]);
});
