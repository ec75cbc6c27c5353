import { expect, test } from 'vitest';
import { repeat } from '../src/index.ts';

const failTwice = (attempt: number): void => {
  if (attempt <= 2) throw new Error(`Attempt ${attempt}`);
};

test.each<[string, (attempt: number) => unknown]>([
  ['throws', failTwice],
  ['rejects', async (attempt) => failTwice(attempt)],
])('a task that %s is reported and retried until it is stopped', async (_how, task) => {
  const problems: unknown[][] = [];
  let attempts = 0;
  const end = repeat(() => task(++attempts), {
    every: 1,
    what: 'do it',
    report: (...problem) => problems.push(problem),
  });
  await expect.poll(() => attempts).toBeGreaterThan(3);
  end();
  expect(problems).toEqual([
    ['Cannot do it just now; trying again in 0.001 s:', new Error('Attempt 1')],
    ['Cannot do it just now; trying again in 0.001 s:', new Error('Attempt 2')],
  ]);
});
