import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow } from '../../src/deflate/sliding-window.ts';

test('holds the last bytes received, and no more memory than those', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, (all) => {
      const window = new SlidingWindow(8);
      for (const piece of all) window.slide(piece);
      expect(window.bytes).toEqual(Buffer.concat(all).subarray(-256));
      expect(window.bytes.buffer.byteLength).toBeLessThanOrEqual(256);
    }),
  );
});

test('as a block is a stored block of its bytes (RFC 1951 §3.2.4), and nothing while it is empty', () => {
  const window = new SlidingWindow(15);
  expect(window.asBlock()).toEqual([]);
  window.slide(Buffer.from('abc'));
  expect(Buffer.concat(window.asBlock()).toString('hex')).toBe('000300fcff616263');
  window.slide(Buffer.alloc(40_000, 'x'));
  expect(Buffer.concat(window.asBlock()).toString('hex', 0, 6)).toBe('000080ff7f78');
});

test('does not see later changes to its input', () => {
  const window = new SlidingWindow(9);
  const bytes = Buffer.from('mine');
  window.slide(bytes);
  bytes.fill(0);
  expect(window.bytes.toString()).toBe('mine');
});
