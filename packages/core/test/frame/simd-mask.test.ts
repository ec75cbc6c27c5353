import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { readFile } from 'node:fs/promises';
import { loadSimdMask } from '../../src/frame/simd-mask.ts';
import { moduleFile, moduleSource } from '../../../../tools/simd-mask-module.ts';
import { maskNaively, sampleKey } from '@turnout/test-kit/raw-frame';

const mask = loadSimdMask();
if (mask === null) throw new Error('This processor has no SIMD');

describe('masking by WebAssembly', () => {
  test('runs the code of simd-mask.wat', async () => {
    expect(await readFile(moduleFile, 'utf8')).toBe(await moduleSource());
  });

  test.each([0, 1, 15, 16, 17, 63, 64, 65, 16_383, 16_384, 16_385, 70_000])(
    'masks %i bytes as §5.3 defines',
    (length) => {
      for (const start of [0, 1, 5]) {
        const whole = Buffer.from(Array.from({ length: length + 10 }, (_, index) => index * 37));
        const bytes = whole.subarray(start, start + length);
        const expected = Buffer.concat([
          whole.subarray(0, start),
          maskNaively(bytes, sampleKey),
          whole.subarray(start + length),
        ]);
        mask(bytes, sampleKey);
        expect(whole.equals(expected)).toBe(true);
      }
    },
  );

  test('reports whether all bytes are below 128, whatever was masked before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), fc.integer(), (bytes, isAscii, key) => {
        const plain = Buffer.from(isAscii ? bytes.map((byte) => byte & 0x7f) : bytes);
        const masked = maskNaively(plain, key >>> 0);
        expect(mask(masked, key)).toBe(plain.every((byte) => byte < 128));
        expect(masked.equals(plain)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('is null without WebAssembly, or without its SIMD', () => {
    class Module {
      constructor() {
        throw new Error('invalid numeric opcode 0xfd');
      }
    }
    expect(loadSimdMask(null)).toBeNull();
    class Instance {
      readonly exports = {};
    }
    expect(loadSimdMask({ Module, Instance })).toBeNull();
  });

  test('is replaced by JavaScript if it is not available', async () => {
    vi.resetModules();
    vi.doMock('../../src/frame/simd-mask.ts', () => ({ loadSimdMask: () => null }));
    try {
      const { applyMask } = await import('../../src/frame/masking.ts');
      const { readWholeFrame } = await import('../../src/frame/whole-frame.ts');
      for (const length of [0, 5, 64, 255, 256, 257, 70_000]) {
        const plain = Buffer.alloc(length, 'abcdefgh');
        for (const offset of [0, 1, 4, 7]) {
          const bytes = Buffer.concat([Buffer.alloc(3), plain]).subarray(3);
          applyMask(bytes, sampleKey, offset);
          expect(bytes.equals(maskNaively(plain, sampleKey, offset))).toBe(true);
        }
      }
      const frame = Buffer.from(`81ff${'37fa213d'}`, 'hex');
      frame[1] = 0x80 | 100;
      const read = readWholeFrame(Buffer.concat([frame, maskNaively(Buffer.alloc(100, 'x'), sampleKey)]), 0, 1_000);
      expect(String(read?.payload)).toBe('x'.repeat(100));
    } finally {
      vi.doUnmock('../../src/frame/simd-mask.ts');
      vi.resetModules();
    }
  });
});
