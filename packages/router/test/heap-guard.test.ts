import { expect, test } from 'vitest';
import { HeapGuard } from '../src/heap-guard.ts';
import type { HeapSource } from '../src/heap-guard.ts';

const mebibyte = 1024 * 1024;

/** A heap of the test's own, which counts its readings. */
class FakeHeap implements HeapSource {
  used = 0;
  limit = 1_048;
  time = 0;
  readings = 0;

  readonly now = (): number => this.time;

  readonly read = (): { used_heap_size: number; heap_size_limit: number } => {
    this.readings++;
    return { used_heap_size: this.used * mebibyte, heap_size_limit: this.limit * mebibyte };
  };
}

test('a heap is full above maxHeapPercent of what its limit leaves to old objects, not at it', () => {
  const heap = new FakeHeap();
  const guard = (used: number): boolean => {
    heap.used = used;
    return new HeapGuard(90, heap).isFull;
  };
  // 1,048 MiB less 48 MiB for young objects.
  expect([guard(0), guard(900), guard(900.1), guard(1_048)]).toEqual([false, false, true, true]);
});

test.each([
  ['--max-old-space-size=64', 112, 64],
  ['--max-old-space-size=256', 304, 256],
  ['--max-old-space-size=64 --max-semi-space-size=1', 67, 33.5],
])('a heap of %s is full before the process ends', (_flags, limit, room) => {
  const heap = new FakeHeap();
  heap.limit = limit;
  const guard = (used: number): boolean => {
    heap.used = used;
    return new HeapGuard(90, heap).isFull;
  };
  expect([guard(room * 0.89), guard(room * 0.91)]).toEqual([false, true]);
});

test('a guard reads the heap when it is asked, and once a second at most', () => {
  const heap = new FakeHeap();
  heap.time = 5_000;
  const guard = new HeapGuard(90, heap);
  expect(heap.readings).toBe(0);
  expect(guard.isFull).toBe(false);
  heap.used = 1_000;
  heap.time = 5_999;
  expect([guard.isFull, heap.readings]).toEqual([false, 1]);
  heap.time = 6_000;
  expect([guard.isFull, heap.readings]).toEqual([true, 2]);
  heap.used = 0;
  heap.time = 7_000;
  expect([guard.isFull, heap.readings]).toEqual([false, 3]);
});

test('a guard with Infinity never fires, one with 0 always does', () => {
  const heap = new FakeHeap();
  heap.used = heap.limit;
  expect(new HeapGuard(Infinity, heap).isFull).toBe(false);
  expect(new HeapGuard(0, heap).isFull).toBe(true);
});

test('a guard looks at the heap of its own process unless told otherwise', () => {
  expect(new HeapGuard(90).isFull).toBe(false);
  expect(new HeapGuard(0).isFull).toBe(true);
});
