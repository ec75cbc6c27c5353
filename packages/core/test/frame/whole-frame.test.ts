import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameParser } from '../../src/frame/frame-parser.ts';
import { readWholeFrame } from '../../src/frame/whole-frame.ts';
import { rawFrame, sampleKey } from '@turnout/test-kit/raw-frame';

const maxPayload = 65_535;

/** What the general parser makes of the bytes: the message if they begin with a complete one, otherwise `null`. */
function readGenerally(bytes: Buffer, offset: number): { opcode: number; payload: string; end: number } | null {
  const parser = new FrameParser({ role: 'server', allowsRsv1: true });
  parser.push(Buffer.from(bytes.subarray(offset)));
  try {
    const part = parser.next();
    if (part === null || !part.isLast || !part.fin || part.rsv1 || part.opcode < 1 || part.opcode > 2) return null;
    if (part.payloadLength > maxPayload) return null;
    return { opcode: part.opcode, payload: part.payload.toString('latin1'), end: offset + parser.bytesParsed };
  } catch {
    return null;
  }
}

function readWhole(bytes: Buffer, offset: number): { opcode: number; payload: string; end: number } | null {
  const frame = readWholeFrame(bytes, offset, maxPayload);
  if (frame === null) return null;
  const { opcode, payload } = frame;
  return { opcode, payload: payload.toString('latin1'), end: payload.byteOffset - bytes.byteOffset + payload.length };
}

const length = fc.oneof(fc.nat(200), fc.constantFrom(0, 1, 47, 48, 63, 64, 125, 126, 127, 1_000, 65_535, 65_536));
const key = fc.oneof(fc.constantFrom(0, 1, 0x80000000, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
const first = fc.oneof(fc.constantFrom(0x81, 0x82), fc.nat(255));

const bytesOfFrame = fc.record({
  frame: fc
    .tuple(first, length, key)
    .map(([head, size, mask]) => rawFrame(head, Buffer.alloc(size, 'ab\u00fcc'), mask)),
  before: fc.nat(9),
  /** How much of it has arrived; half of them are complete. */
  kept: fc.double({ min: 0, max: 2, noNaN: true }),
});

describe('a frame that is a whole message', () => {
  test('is read as by the general parser, wherever its bytes end, and nothing else is', () => {
    fc.assert(
      fc.property(bytesOfFrame, ({ frame, before, kept }) => {
        const cut = Math.ceil(frame.length * Math.min(1, kept));
        const bytes = Buffer.concat([Buffer.alloc(before), frame.subarray(0, cut)]);
        const expected = readGenerally(bytes, before);
        expect(readWhole(bytes, before)).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  test('does not have a length that takes 64 bits or is not in its shortest form, and is masked', () => {
    const frames = ['81fe0005', '81ff000000000000000a', '820548656c6c6f', '82'].map((hex) =>
      Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(30)]),
    );
    for (const frame of frames) expect(readWholeFrame(frame, 0, maxPayload)).toBeNull();
  });

  test('is not longer than allowed', () => {
    const frame = rawFrame(0x82, Buffer.alloc(11), sampleKey);
    expect(readWholeFrame(Buffer.from(frame), 0, 10)).toBeNull();
    expect(readWholeFrame(Buffer.from(frame), 0, 11)?.payload).toHaveLength(11);
  });

  test('reports whether it is ASCII', () => {
    for (const size of [1, 2, 3, 4, 47, 64, 130]) {
      const ascii = readWholeFrame(rawFrame(0x81, Buffer.alloc(size, 'a'), sampleKey), 0, maxPayload);
      const other = Buffer.alloc(size, 'a');
      other[size - 1] = 0x80;
      expect(ascii?.isAscii).toBe(true);
      expect(readWholeFrame(rawFrame(0x82, other, sampleKey), 0, maxPayload)?.isAscii).toBe(false);
    }
  });
});
