import { describe, expect, test } from 'vitest';
import { checkUtf8 } from '../../src/message/utf8.ts';
import { canBecomeUtf8, utf8Boundaries } from './utf8-reference.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('checkUtf8', () => {
  test.each([
    ['', 0],
    ['41 42', 2],
    ['c2 80', 2],
    ['e0 a0 80', 3],
    ['ed 9f bf', 3],
    ['f0 90 80 80', 4],
    ['f4 8f bf bf', 4],
    ['41 f0 9f 98 80 42', 6],
  ])('accepts %s as complete', (bytes, end) => {
    expect(checkUtf8(hex(bytes), 0)).toBe(end);
  });

  test.each([
    ['41 c2', 1],
    ['41 e0', 1],
    ['41 e0 a0', 1],
    ['e1 80', 0],
    ['ed 9f', 0],
    ['ef bf', 0],
    ['f0', 0],
    ['f0 90', 0],
    ['f1 80 80', 0],
    ['f4 8f', 0],
    ['f4 8f bf', 0],
  ])('waits for the rest of %s, and continues at byte %i', (bytes, next) => {
    expect(checkUtf8(hex(bytes), 0)).toBe(next);
  });

  test.each([
    ['a continuation byte alone', '80'],
    ['continuation bytes alone', '41 80 80 80 80'],
    ['an overlong form of 2 bytes at its first', 'c1'],
    ['an overlong form of 3 bytes at its second', 'e0 9f'],
    ['an overlong form of 4 bytes at its second', 'f0 8f'],
    ['a surrogate at its second byte', 'ed a0'],
    ['a code point over U+10FFFF at its second byte', 'f4 90'],
    ['a code point over U+10FFFF at its first byte', 'f5'],
    ['FF', 'ff'],
    ['a sequence broken off by a letter', 'e2 82 41'],
    ['a sequence broken off by another', 'e2 c3'],
    ['a fault long before an unfinished sequence', '41 ff 41 e2 82'],
    ['a continuation byte too many', 'c3 a4 a4'],
  ])('fails at %s: %s', (_, bytes) => {
    expect(checkUtf8(hex(bytes), 0)).toBe(-1);
  });

  test('starts at the given offset', () => {
    expect(checkUtf8(hex('ff ff e2 82'), 2)).toBe(2);
    expect(checkUtf8(hex('ff ff e2 82 ac'), 2)).toBe(5);
    expect(checkUtf8(hex('e2 82 ac'), 3)).toBe(3);
  });

  test('decides for up to 4 boundary bytes, one by one until they fail, whether they can still become UTF-8', () => {
    let possible: Buffer[] = [Buffer.alloc(0)];
    for (let length = 1; length <= 4; length++) {
      const longer = possible.flatMap((bytes) => utf8Boundaries.map((byte) => Buffer.from([...bytes, byte])));
      possible = longer.filter(canBecomeUtf8);
      expect(longer.filter((bytes) => checkUtf8(bytes, 0) >= 0)).toEqual(possible);
    }
  });
});
