import { afterEach, describe, expect, test, vi } from 'vitest';
import { loadNativeMask } from '../../src/frame/native-mask.ts';
import { maskNaively, sampleKey } from './raw-frame.ts';

/** What `bufferutil` has, in JavaScript. */
const bufferUtil = {
  unmask: (bytes: Uint8Array, key: Uint8Array): void => {
    for (let index = 0; index < bytes.length; index++) bytes[index]! ^= key[index & 3]!;
  },
};

describe('the native mask', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  test('is that of bufferutil, where it is installed', () => {
    vi.stubEnv('TURNOUT_NO_BUFFER_UTIL', '');
    const mask = loadNativeMask((name) => (name === 'bufferutil' ? bufferUtil : undefined))!;
    const bytes = Buffer.from('Hello, Hello');
    mask(bytes, sampleKey);
    expect(bytes).toEqual(maskNaively(Buffer.from('Hello, Hello'), sampleKey));
  });

  test('is none where bufferutil is not installed, is broken, or is not wanted', () => {
    const missing = (): never => {
      throw new Error('Cannot find module');
    };
    vi.stubEnv('TURNOUT_NO_BUFFER_UTIL', '');
    expect(loadNativeMask(missing)).toBeNull();
    vi.stubEnv('TURNOUT_NO_BUFFER_UTIL', '1');
    expect(loadNativeMask(() => bufferUtil)).toBeNull();
  });

  test('masks from 64 bytes on, wherever they stand in the payload', async () => {
    vi.stubEnv('TURNOUT_NO_BUFFER_UTIL', '');
    vi.doMock('../../src/frame/native-mask.ts', () => ({
      loadNativeMask: () => loadNativeMask(() => bufferUtil),
    }));
    vi.resetModules();
    const { applyMask } = await import('../../src/frame/masking.ts');
    for (const length of [63, 64, 65, 1_000]) {
      for (const offset of [0, 1, 2, 3, 70_001]) {
        const bytes = Buffer.from(Array.from({ length }, (_, index) => index * 37));
        const masked = Buffer.from(bytes);
        applyMask(masked, sampleKey, offset);
        expect(masked).toEqual(maskNaively(bytes, sampleKey, offset));
      }
    }
    vi.doUnmock('../../src/frame/native-mask.ts');
  });
});
