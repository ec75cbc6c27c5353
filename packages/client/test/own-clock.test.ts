import { expect, test } from 'vitest';
import { OwnClock } from './own-clock.ts';

/** A timer of unrelated code in the process, set and cleared while an own clock is installed. */
function beginElsewhere(begin: () => void): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      begin();
      resolve();
    });
  });
}

test('an own clock has only the timers of its own work, and lists the pending ones', async () => {
  const clock = new OwnClock(() => 0.5);
  const foreign: NodeJS.Timeout[] = [];
  const elsewhere = beginElsewhere(() => {
    foreign.push(
      setTimeout(() => {}, 1_000_000),
      setInterval(() => {}, 1_000_000),
    );
  });
  const called: number[] = [];
  await clock.run(async () => {
    setTimeout(() => called.push(Date.now()), 10);
    clearTimeout(setTimeout(() => called.push(-1), 20));
    setTimeout(() => called.push(-2), 60_000);
    await elsewhere;
    await clock.advance(100);
  });
  expect(foreign).toHaveLength(2);
  for (const timer of foreign) clearInterval(timer);
  expect(called).toEqual([10]);
  expect(clock.pending).toEqual(['() => called.push(-2)']);
});

test('an own clock applies its randomness and time only to its own work', async () => {
  const { now, random } = { now: Date.now(), random: Math.random };
  const clock = new OwnClock(() => 0.5);
  const elsewhere = beginElsewhere(() => {
    expect(Date.now()).toBeGreaterThanOrEqual(now);
    expect(new Set([Math.random(), Math.random(), Math.random()])).not.toEqual(new Set([0.5]));
  });
  await clock.run(async () => {
    await elsewhere;
    clock.sleep(1_000);
    await clock.advance(5);
    expect([Date.now(), Math.random()]).toEqual([1_005, 0.5]);
  });
  expect(Math.random).toBe(random);
});
