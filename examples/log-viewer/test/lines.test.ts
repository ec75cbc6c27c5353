import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CatchUp } from '../src/catch-up.ts';
import { LineSplitter } from '../src/line-splitter.ts';
import { behindOverlap } from '../src/overlap.ts';

describe('LineSplitter', () => {
  test('joins lines and characters that were split between reads', () => {
    const bytes = Buffer.from('grüße 👋\r\nzwei\n\nEnde\n');
    for (const size of [1, 2, 3, 5, 100]) {
      const splitter = new LineSplitter();
      const lines: string[] = [];
      for (let start = 0; start < bytes.length; start += size) {
        lines.push(...splitter.push(bytes.subarray(start, start + size)));
      }
      expect(lines).toEqual(['grüße 👋', 'zwei', '', 'Ende']);
    }
  });

  test('truncates a very long line, keeps no more of it, and says how much was removed', () => {
    const splitter = new LineSplitter();
    for (let count = 0; count < 100; count++) expect(splitter.push(Buffer.alloc(1_000, 'x'))).toEqual([]);
    expect(splitter.push(Buffer.from('\nnext\n'))).toEqual([`${'x'.repeat(16_384)} … 83616 more characters`, 'next']);
  });

  test('shows bytes that are not UTF-8 as such', () => {
    expect(new LineSplitter().push(Buffer.from([0x61, 0xff, 0x62, 0x0a]))).toEqual(['a\uFFFDb']);
  });
});

describe('behindOverlap', () => {
  test.each([
    [['a', 'b'], ['a', 'b', 'c'], ['c']],
    [
      ['a', 'b'],
      ['b', 'c', 'd'],
      ['c', 'd'],
    ],
    [['a', 'b'], ['a', 'b'], []],
    [
      ['a', 'b'],
      ['x', 'a', 'b', 'a', 'c'],
      ['a', 'c'],
    ],
    [['a', 'a', 'a'], ['a', 'a', 'a', 'a'], []],
    [['a', 'b'], ['c', 'd'], null],
    [['a', 'b'], [], null],
    [[], ['a'], null],
  ])('of %j and %j is %j', (known, fresh, missed) => {
    expect(behindOverlap(known, fresh)).toEqual(missed);
  });
});

describe('CatchUp', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const numbered = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
  const catchUp = (): { told: unknown[]; catchUp: CatchUp } => {
    const told: unknown[] = [];
    return { told, catchUp: new CatchUp(numbered(1, 30), (...missed) => told.push(missed)) };
  };

  test('waits for the first lines, however late they arrive, until no more follow', () => {
    const { told, catchUp: waiting } = catchUp();
    vi.advanceTimersByTime(10_000);
    waiting.push(numbered(1, 10));
    vi.advanceTimersByTime(299);
    waiting.push(numbered(11, 31));
    vi.advanceTimersByTime(299);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([[['line 31'], true]]);
  });

  test('stops waiting once there are as many lines as tail sends first', () => {
    const { told, catchUp: waiting } = catchUp();
    waiting.push(numbered(21, 220));
    expect(told).toEqual([[numbered(31, 220), true]]);
  });

  test('returns all lines if none was shown before, and reports a possible gap', () => {
    const { told, catchUp: waiting } = catchUp();
    waiting.push(numbered(100, 300));
    expect(told).toEqual([[numbered(100, 300), false]]);
  });

  test('returns nothing once it is stopped', () => {
    const { told, catchUp: waiting } = catchUp();
    waiting.push(numbered(1, 31));
    waiting.stop();
    vi.advanceTimersByTime(1_000);
    expect(told).toEqual([]);
  });
});
