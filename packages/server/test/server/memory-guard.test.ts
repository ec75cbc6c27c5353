import { totalmem } from 'node:os';
import { expect, test } from 'vitest';
import { MemoryGuard, memoryLimitOf } from '../../src/server/memory-guard.ts';
import type { MemoryReading, MemorySource } from '../../src/server/memory-guard.ts';

const mebibyte = 1024 * 1024;

/** A fake memory source, in MiB, which counts its readings. */
class FakeMemory implements MemorySource {
  heap = 0;
  heapLimit = 1_048;
  external = 0;
  resident = 0;
  memoryLimit = 100_000;
  time = 0;
  readings = 0;

  constructor(start: Partial<MemoryReading> = {}) {
    Object.assign(this, start);
  }

  readonly now = (): number => this.time;

  readonly read = (): MemoryReading => {
    this.readings++;
    return {
      heap: this.heap * mebibyte,
      heapLimit: this.heapLimit * mebibyte,
      external: this.external * mebibyte,
      resident: this.resident * mebibyte,
      memoryLimit: this.memoryLimit * mebibyte,
    };
  };
}

function isFull(reading: Partial<MemoryReading>): boolean {
  return new MemoryGuard(90, new FakeMemory(reading)).isFull;
}

test('a heap is full above maxMemoryPercent of what its limit leaves for old objects, not at it', () => {
  // 1,048 MiB minus 48 MiB for young objects.
  const verdicts = [0, 900, 900.1, 1_048].map((heap) => isFull({ heap }));
  expect(verdicts).toEqual([false, false, true, true]);
});

test.each([
  ['--max-old-space-size=64', 112, 64],
  ['--max-old-space-size=256', 304, 256],
  ['--max-old-space-size=64 --max-semi-space-size=1', 67, 33.5],
])('a heap of %s is full before the process ends', (_flags, heapLimit, room) => {
  const verdicts = [room * 0.89, room * 0.91].map((heap) => isFull({ heapLimit, heap }));
  expect(verdicts).toEqual([false, true]);
});

test('Buffers fill a container although the heap is empty', () => {
  const container = { heap: 13, heapLimit: 4_144, memoryLimit: 1_024 };
  expect(isFull({ ...container, resident: 66 })).toBe(false);
  expect(isFull({ ...container, resident: 921 })).toBe(false);
  expect(isFull({ ...container, resident: 922 })).toBe(true);
});

test('Buffers that are swapped out, or not written to yet, count in addition to the heap', () => {
  const container = { heapLimit: 4_144, memoryLimit: 1_024, resident: 100 };
  expect(isFull({ ...container, heap: 100, external: 821 })).toBe(false);
  expect(isFull({ ...container, heap: 100, external: 823 })).toBe(true);
});

test('a heap whose limit exceeds that of the container is full when the container is', () => {
  expect(isFull({ heap: 600, heapLimit: 4_144, resident: 640, memoryLimit: 700 })).toBe(true);
});

test('a guard reads the memory on demand, at most once a second', () => {
  const memory = new FakeMemory();
  memory.time = 5_000;
  const guard = new MemoryGuard(90, memory);
  expect(memory.readings).toBe(0);
  expect(guard.isFull).toBe(false);
  memory.heap = 1_000;
  memory.time = 5_999;
  expect([guard.isFull, memory.readings]).toEqual([false, 1]);
  memory.time = 6_000;
  expect([guard.isFull, memory.readings]).toEqual([true, 2]);
  memory.heap = 0;
  memory.time = 7_000;
  expect([guard.isFull, memory.readings]).toEqual([false, 3]);
});

test('a guard with Infinity is never full, one with 0 always is', () => {
  const full = { heap: 1_048, resident: 100_000 };
  expect(new MemoryGuard(Infinity, new FakeMemory(full)).isFull).toBe(false);
  expect(new MemoryGuard(0, new FakeMemory({ heap: 1 })).isFull).toBe(true);
});

test('a guard reads the memory of its own process by default', () => {
  expect(new MemoryGuard(100).isFull).toBe(false);
  expect(new MemoryGuard(0).isFull).toBe(true);
});

test.each([
  ['no container', 0],
  ['a runtime that does not know', undefined],
  ['a container without a limit', 2 ** 64],
  ['a container that allows more than the machine has', totalmem() + 1],
])('the limit of %s is the memory of the machine', (_name, constrained) => {
  expect(memoryLimitOf(constrained, totalmem())).toBe(totalmem());
});

test('the limit of a process in a container is that of the container', () => {
  expect(memoryLimitOf(512 * mebibyte, 1_024 * mebibyte)).toBe(512 * mebibyte);
});
