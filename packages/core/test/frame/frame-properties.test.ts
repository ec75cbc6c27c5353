import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrameHeader, frameHeaderLength, parseFrameHeader } from '../../src/frame/frame-header.ts';
import type { Role } from '../../src/role.ts';
import { applyMask } from '../../src/frame/masking.ts';
import type { Opcode } from '../../src/opcode.ts';
import { maskNaively, otherRole } from '@turnout/test-kit/raw-frame';

const key = fc.oneof(fc.constantFrom(0, 1, 0x80000000, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const dataFrame = fc.record({
  fin: fc.boolean(),
  rsv1: fc.constant(false),
  opcode: fc.constantFrom<Opcode>(0, 1, 2),
  payloadLength: fc.oneof(
    fc.constantFrom(0, 125, 126, 127, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
    fc.nat(70_000),
    fc.maxSafeNat(),
  ),
});
const controlFrame = fc.record({
  fin: fc.constant(true),
  rsv1: fc.constant(false),
  opcode: fc.constantFrom<Opcode>(8, 9, 10),
  payloadLength: fc.nat(125),
});

describe('any frame header', () => {
  test('that one role writes is read back by the other, at any offset', () => {
    const role = fc.constantFrom<Role>('server', 'client');
    fc.assert(
      fc.property(role, fc.oneof(dataFrame, controlFrame), key, fc.nat(20), (writer, fields, maskingKey, before) => {
        const byteLength = frameHeaderLength(fields.payloadLength, writer);
        const header = { ...fields, maskingKey: writer === 'client' ? maskingKey : 0, byteLength };
        const bytes = Buffer.alloc(before + byteLength);
        encodeFrameHeader(bytes, before, header, writer);
        expect(parseFrameHeader(bytes, before, { role: otherRole(writer), allowsRsv1: true })).toEqual(header);
        expect(
          parseFrameHeader(bytes.subarray(0, -1), before, { role: otherRole(writer), allowsRsv1: true }),
        ).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });
});

describe('any masking', () => {
  test('is what §5.3 defines, and is its own inverse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), key, fc.nat(), (bytes, maskingKey, offset) => {
        const masked = Buffer.from(bytes);
        applyMask(masked, maskingKey, offset);
        expect(masked.equals(maskNaively(bytes, maskingKey, offset))).toBe(true);
        applyMask(masked, maskingKey, offset);
        expect(masked.equals(bytes)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
