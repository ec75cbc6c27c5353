import { describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/frame/frame-encoder.ts';
import { boundaryLengths, maskNaively, rawFrame } from '@turnout/test-kit/raw-frame';

describe('encodeFrame', () => {
  test.each(boundaryLengths)('writes %i bytes as a server, unmasked, after the header', (length) => {
    const payload = Buffer.alloc(length, 'abcdefg');
    expect(encodeFrame({ fin: true, rsv1: false, opcode: 2, payload }, 'server').equals(rawFrame(0x82, payload))).toBe(
      true,
    );
    expect(encodeFrame({ fin: false, rsv1: false, opcode: 0, payload }, 'server').equals(rawFrame(0x00, payload))).toBe(
      true,
    );
  });

  test.each(boundaryLengths)('writes %i bytes as a client, masked with the key in the header', (length) => {
    const payload = Buffer.alloc(length, 'abcdefg');
    const frame = encodeFrame({ fin: true, rsv1: false, opcode: 2, payload }, 'client');
    const key = frame.readUInt32BE(frame.length - length - 4);
    expect(frame.equals(rawFrame(0x82, payload, key))).toBe(true);
    expect(maskNaively(frame.subarray(frame.length - length), key).equals(payload)).toBe(true);
  });

  test('masks each frame of a client with its own key', () => {
    const keys = Array.from({ length: 20 }, () =>
      encodeFrame({ fin: true, rsv1: false, opcode: 9, payload: '' }, 'client').readUInt32BE(2),
    );
    expect(new Set(keys).size).toBeGreaterThan(18);
  });

  test('writes text as UTF-8, its length counted in bytes', () => {
    expect(encodeFrame({ fin: true, rsv1: false, opcode: 1, payload: 'κ😀' }, 'server').toString('hex')).toBe(
      '8106cebaf09f9880',
    );
  });

  test.each([0, 1, 47, 48, 49, 200])('writes text of %i characters, ASCII or not', (length) => {
    for (const payload of ['a'.repeat(length), `${'a'.repeat(length)}ü`, 'é'.repeat(length)]) {
      const frame = encodeFrame({ fin: true, rsv1: false, opcode: 1, payload }, 'server');
      expect(frame.equals(rawFrame(0x81, payload))).toBe(true);
    }
  });

  test('writes a lone surrogate as U+FFFD, so that no text is invalid', () => {
    expect(encodeFrame({ fin: true, rsv1: false, opcode: 1, payload: '\ud83d' }, 'server').toString('hex')).toBe(
      '8103efbfbd',
    );
  });

  test.each(['server', 'client'] as const)("does not change the caller's bytes as a %s", (role) => {
    const payload = new Uint8Array([1, 2, 3, 4, 5]);
    const frame = encodeFrame({ fin: true, rsv1: false, opcode: 2, payload }, role);
    expect(payload).toEqual(new Uint8Array([1, 2, 3, 4, 5]));
    const before = Buffer.from(frame);
    payload.fill(0);
    expect(frame).toEqual(before);
  });
});
