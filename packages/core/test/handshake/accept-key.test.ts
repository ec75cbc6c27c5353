import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptKey, isValidKey } from '../../src/handshake/accept-key.ts';
import { sampleAccept, sampleKey } from './requests.ts';

test('acceptKey returns the value of the example in RFC 6455 §1.3', () => {
  expect(acceptKey(sampleKey)).toBe(sampleAccept);
});

describe('isValidKey (RFC 6455 §4.1, §4.2.1)', () => {
  test('accepts the base64 of any 16 bytes and of no other number', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(isValidKey(Buffer.from(bytes).toString('base64'))).toBe(bytes.byteLength === 16);
      }),
    );
    expect(isValidKey(Buffer.alloc(16, 0xff).toString('base64'))).toBe(true);
  });

  test('accepts the example of §4.1, whose last character has an unused bit set', () => {
    expect(isValidKey('AQIDBAUGBwgJCgsMDQ4PEC==')).toBe(true);
  });

  test('accepts any 22 characters of the alphabet, whatever the unused bits of the last one are', () => {
    const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.split(''));
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 22, maxLength: 22 }), (drawn) => {
        expect(isValidKey(`${drawn}==`)).toBe(true);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['15 bytes', Buffer.alloc(15).toString('base64')],
    ['17 bytes', Buffer.alloc(17).toString('base64')],
    ['18 bytes in 24 characters', Buffer.alloc(18).toString('base64')],
    ['no padding', 'AAAAAAAAAAAAAAAAAAAAAA'],
    ['half of the padding', 'AAAAAAAAAAAAAAAAAAAAAA='],
    ['padding in front', '==AAAAAAAAAAAAAAAAAAAAAA'],
    ['too much padding', 'AAAAAAAAAAAAAAAAAAAAA==='],
    ['the URL alphabet', '____________________-w=='],
    ['a space inside', 'AAAAAAAAAA AAAAAAAAAAA=='],
    ['a space instead of the padding', 'AAAAAAAAAAAAAAAAAAAAAA= '],
    ['characters outside the alphabet', '!!!!!!!!!!!!!!!!!!!!!!=='],
    ['characters above ASCII', 'ÁAAAAAAAAAAAAAAAAAAAAA=='],
    ['two keys in one field', `${sampleKey}, ${sampleKey}`],
  ])('refuses %s', (_what, key) => {
    expect(isValidKey(key)).toBe(false);
  });
});
