import { beforeEach, expect, test, vi } from 'vitest';
import type * as OutputSlab from '../../src/frame/output-slab.ts';

// A slab that no other test writes to.
let extendRun: typeof OutputSlab.extendRun;
let releaseChunk: typeof OutputSlab.releaseChunk;
let maxSlabFrame: number;
beforeEach(async () => {
  vi.resetModules();
  ({ extendRun, releaseChunk, maxSlabFrame } = await import('../../src/frame/output-slab.ts'));
});

const chunkOf = ({ slab, start, end }: OutputSlab.SlabRun): Buffer => slab.subarray(start, end);

test('extends a run while nothing follows it, and starts another one otherwise', () => {
  const one = extendRun(null, 10);
  expect(extendRun(one, 5)).toBe(one);
  const other = extendRun(null, 5);
  expect(other.start).toBe(one.end);
  const third = extendRun(one, 5);
  expect([third.start, third.slab]).toEqual([other.end, one.slab]);
  for (const run of [one, other, third]) releaseChunk(chunkOf(run));
});

test('reuses a slab once nobody reads it, and takes a new one when it is full', () => {
  const first = extendRun(null, 10);
  const second = extendRun(null, 10);
  releaseChunk(chunkOf(first));
  const third = extendRun(null, 10);
  expect(third.start).toBe(second.end);
  for (const run of [second, third]) releaseChunk(chunkOf(run));
  const again = extendRun(null, 10);
  expect([again.slab, again.start]).toEqual([first.slab, 0]);

  let last = again;
  while (last.slab === again.slab) last = extendRun(null, maxSlabFrame);
  expect(last.start).toBe(0);
  // Chunks of another slab, or outside any slab, do not affect this one.
  releaseChunk(chunkOf(again));
  releaseChunk(Buffer.alloc(1));
  expect(extendRun(last, 10)).toBe(last);
  releaseChunk(chunkOf(last));
});
