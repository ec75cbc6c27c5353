import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkUtf8 } from '../../src/message/utf8.ts';
import { canBecomeUtf8, isUtf8Text, utf8Boundaries } from './utf8-reference.ts';

const bytes = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }).map((text) => [...Buffer.from(text)]) },
      { weight: 1, arbitrary: fc.constantFrom(...utf8Boundaries).map((byte) => [byte]) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2 }).map((array) => [...array]) },
    ),
    { maxLength: 12 },
  )
  .map((pieces) => Buffer.from(pieces.flat()));

describe('any bytes, checked as they arrive', () => {
  test('are valid for us exactly if they are valid for TextDecoder, at any split', () => {
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(50), { maxLength: 8 }), (text, cuts) => {
        const ends = [...cuts.map((cut) => cut % (text.length + 1)).sort((one, other) => one - other), text.length];
        let checked = 0;
        for (const end of ends) {
          if (checked >= 0) checked = checkUtf8(text.subarray(0, end), checked);
        }
        expect(checked === text.length).toBe(isUtf8Text(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('fail at exactly the byte after which nothing could make them valid', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        let checked = 0;
        for (let end = 1; end <= text.length && checked >= 0; end++) {
          checked = checkUtf8(text.subarray(0, end), checked);
          expect(checked >= 0).toBe(canBecomeUtf8(text.subarray(0, end)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
