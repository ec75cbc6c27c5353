import { describe, expect, test } from 'vitest';
import { applyMask, createMaskingKey } from '../../src/frame/masking.ts';
import { maskNaively, sampleKey } from '@turnout/test-kit/raw-frame';

describe('applyMask', () => {
  test('unmasks the example of RFC 6455 §5.7', () => {
    const bytes = Buffer.from('7f9f4d5158', 'hex');
    applyMask(bytes, sampleKey, 0);
    expect(bytes.toString()).toBe('Hello');
  });

  test.each([...Array.from({ length: 18 }, (_, length) => length), 255, 256, 257, 258, 259, 1_000, 70_000])(
    'masks %i bytes as §5.3 defines, at any offset in the payload',
    (length) => {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => index * 37));
      for (const key of [0, 1, sampleKey, 0x80000000, 0xff00ff00, 0xffffffff]) {
        for (const offset of [0, 1, 2, 3, 4, 7, 65_537]) {
          const expected = maskNaively(bytes, key, offset);
          // At any alignment in memory, too.
          for (const start of [0, 1, 2, 3]) {
            const masked = Buffer.concat([Buffer.alloc(start), bytes]).subarray(start);
            applyMask(masked, key, offset);
            expect(masked.equals(expected)).toBe(true);
          }
        }
      }
    },
  );

  test('changes nothing outside the given bytes', () => {
    const whole = Buffer.alloc(12);
    applyMask(whole.subarray(3, 9), 0xffffffff, 0);
    expect(whole.toString('hex')).toBe('000000ffffffffffff000000');
  });
});

describe('createMaskingKey', () => {
  test('draws 32-bit numbers that do not repeat after the pool is refilled', () => {
    const keys = Array.from({ length: 5000 }, createMaskingKey);
    expect(keys.every((key) => Number.isInteger(key) && key >= 0 && key < 2 ** 32)).toBe(true);
    // Three repeated numbers among 5,000 of 2^32 are less likely than one in a billion.
    expect(new Set(keys).size).toBeGreaterThan(4996);
  });

  test('draws every value of every byte equally often (chi-square, p = 1e-9)', () => {
    const draws = 100_000;
    const counts = Array.from({ length: 4 }, () => new Uint32Array(256));
    for (let draw = 0; draw < draws; draw++) {
      const key = createMaskingKey();
      for (const [index, count] of counts.entries()) count[(key >>> (index * 8)) & 0xff]!++;
    }
    for (const count of counts) {
      const expected = draws / 256;
      const chiSquare = count.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0);
      expect(chiSquare).toBeLessThan(420);
    }
  });
});
