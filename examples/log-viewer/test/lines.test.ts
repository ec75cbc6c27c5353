import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../src/line-splitter.ts';
import { behindOverlap } from '../src/overlap.ts';

describe('LineSplitter', () => {
  test('puts lines and characters together that were cut by a read', () => {
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

  test('cuts a line without end, keeps no more of it, and says how much is gone', () => {
    const splitter = new LineSplitter();
    for (let count = 0; count < 100; count++) expect(splitter.push(Buffer.alloc(1_000, 'x'))).toEqual([]);
    expect(splitter.push(Buffer.from('\nnext\n'))).toEqual([`${'x'.repeat(16_384)} … 83616 more characters`, 'next']);
  });

  test('shows bytes that are not UTF-8 as what they are', () => {
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
