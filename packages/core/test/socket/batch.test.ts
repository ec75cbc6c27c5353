import { expect, test } from 'vitest';
import { forgetBatch, gatherBatch } from '../../src/socket/batch.ts';

const [a, b, c] = [Buffer.from('a'), Buffer.from('b'), Buffer.from('c')] as const;

test('joins chunks, and the same chunks only once', () => {
  forgetBatch();
  expect(gatherBatch([a])).toBe(a);
  const batch = gatherBatch([a, b]);
  expect(String(batch)).toBe('ab');
  expect(gatherBatch([a, b])).toBe(batch);
  expect(String(gatherBatch([a, c]))).toBe('ac');
  expect(String(gatherBatch([a, c, b]))).toBe('acb');
  forgetBatch();
  expect(gatherBatch([a, b])).not.toBe(batch);
  forgetBatch();
});

test('does not join chunks that are too long to be copied', () => {
  const long = Buffer.alloc(65_536);
  expect(gatherBatch([a, long])).toBeNull();
  expect(gatherBatch([long])).toBe(long);
});
