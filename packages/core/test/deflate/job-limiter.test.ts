import { expect, test } from 'vitest';
import { JobLimiter } from '../../src/deflate/job-limiter.ts';

test('runs at most its limit of jobs at a time, in order, and continues after one that fails', async () => {
  const limiter = new JobLimiter(2);
  const running: string[] = [];
  const finish = new Map<string, (error?: Error) => void>();
  const job = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      running.push(name);
      finish.set(name, (error) => (error ? reject(error) : resolve(name)));
    });
  const results = ['a', 'b', 'c', 'd'].map((name) => limiter.run(job(name)));
  expect(running).toEqual(['a', 'b']);
  finish.get('b')!(new Error('broken'));
  await expect(results[1]).rejects.toThrow('broken');
  expect(running).toEqual(['a', 'b', 'c']);
  finish.get('a')!();
  expect(await results[0]).toBe('a');
  await Promise.resolve();
  expect(running).toEqual(['a', 'b', 'c', 'd']);
  finish.get('c')!();
  finish.get('d')!();
  expect(await Promise.all([results[2], results[3]])).toEqual(['c', 'd']);
});
