import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Round } from '../../src/socket/round.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('checks its members on one timer, which ends with the last of them', async () => {
  const round = Round.every(1_234);
  expect(Round.every(1_234)).toBe(round);
  expect(Round.every(1_235)).not.toBe(round);
  expect(Round.every(0).delay).toBe(1);
  const [one, two] = [{ check: vi.fn<() => void>() }, { check: vi.fn<() => void>() }];
  round.add(one);
  round.add(two);
  round.add(two);
  await vi.advanceTimersByTimeAsync(2_469);
  expect([one.check.mock.calls.length, two.check.mock.calls.length, round.tick]).toEqual([2, 2, 2]);
  round.delete(one);
  await vi.advanceTimersByTimeAsync(1_234);
  expect([one.check.mock.calls.length, two.check.mock.calls.length]).toEqual([2, 3]);
  round.delete(two);
  expect(vi.getTimerCount()).toBe(0);
});
