import { describe, expect, test } from 'vitest';
import { encodeClosePayload, fitReason, parseClosePayload } from '../../src/protocol/close-payload.ts';
import { faultOf } from '../frame/fault.ts';

const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
const invalidCodes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];

describe('parseClosePayload', () => {
  test('reads an empty payload as 1005', () => {
    expect(parseClosePayload(Buffer.alloc(0))).toEqual({ code: 1005, reason: '' });
  });

  test.each(validCodes)('reads back %i with its reason', (code) => {
    expect(parseClosePayload(encodeClosePayload(code, 'bye κ'))).toEqual({ code, reason: 'bye κ' });
    expect(parseClosePayload(encodeClosePayload(code))).toEqual({ code, reason: '' });
  });

  test('refuses a truncated code', () => {
    expect(faultOf(() => parseClosePayload(Buffer.of(3)))).toBe(
      '1002 WS_ERR_INVALID_CLOSE_PAYLOAD: Close frame with one byte of payload (§5.5.1)',
    );
  });

  test.each(invalidCodes)('refuses %i', (code) => {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    expect(faultOf(() => parseClosePayload(payload))).toBe(`1002 WS_ERR_INVALID_CLOSE_CODE: Close code ${code} (§7.4)`);
  });

  test.each(['ff', 'eda080', 'e282'])('refuses the reason %s, which is not UTF-8', (reason) => {
    expect(faultOf(() => parseClosePayload(Buffer.from(`03e8${reason}`, 'hex')))).toBe(
      '1007 WS_ERR_INVALID_UTF8: Close reason is not valid UTF-8 (§5.5.1)',
    );
  });
});

describe('encodeClosePayload', () => {
  test('writes nothing without a code', () => {
    expect(encodeClosePayload()).toEqual(Buffer.alloc(0));
    expect(encodeClosePayload(undefined, new Uint8Array(0))).toEqual(Buffer.alloc(0));
  });

  test('writes code and reason', () => {
    expect(encodeClosePayload(1000, 'κ').toString('hex')).toBe('03e8ceba');
    expect(encodeClosePayload(4999, Buffer.from('ok')).toString('hex')).toBe('13876f6b');
  });

  test('accepts a reason of 123 bytes and throws a RangeError on one of 124, counted in bytes', () => {
    expect(encodeClosePayload(1000, 'x'.repeat(123))).toHaveLength(125);
    const message = 'Invalid close reason: expected at most 123 bytes, got 124';
    expect(() => encodeClosePayload(1000, 'κ'.repeat(62))).toThrow(new RangeError(message));
  });

  test.each([...invalidCodes, -1, 1000.5, NaN])('throws a RangeError on the code %d', (code) => {
    const message = `Invalid close code: expected 1000-1003, 1007-1014 or 3000-4999, got ${code}`;
    expect(() => encodeClosePayload(code)).toThrow(new RangeError(message));
  });

  test('throws a TypeError on a code that is not a number', () => {
    const message = 'Invalid close code: expected a number, got string';
    expect(() => encodeClosePayload('1000' as never)).toThrow(new TypeError(message));
  });

  test('throws a TypeError on a reason without a code', () => {
    const message = 'Invalid close code: a reason needs a code';
    expect(() => encodeClosePayload(undefined, 'bye')).toThrow(new TypeError(message));
  });

  test.each([
    ['a number', 5, 'number'],
    ['a Float32Array', new Float32Array(1), 'object'],
    ['null', null, 'object'],
  ])('throws a TypeError on %s as the reason', (_, reason, type) => {
    const message = `Invalid close reason: expected a string or a Uint8Array, got ${type}`;
    expect(() => encodeClosePayload(1000, reason as never)).toThrow(new TypeError(message));
  });

  test('throws a TypeError on a reason cut inside a code point', () => {
    const message = 'Invalid close reason: expected UTF-8';
    expect(() => encodeClosePayload(1000, Buffer.from('κ').subarray(0, 1))).toThrow(new TypeError(message));
  });
});

describe('fitReason', () => {
  test('does not change a reason that fits', () => {
    expect(fitReason('x'.repeat(123))).toBe('x'.repeat(123));
  });

  test.each([
    ['x', 'x'.repeat(130), 123],
    ['2 bytes', 'κ'.repeat(70), 122],
    ['3 bytes', '€'.repeat(50), 123],
    ['4 bytes', '😀'.repeat(40), 120],
  ])('truncates a text of %s between two characters', (_, reason, byteLength) => {
    const cut = fitReason(reason);
    expect(reason.startsWith(cut)).toBe(true);
    expect(Buffer.byteLength(cut)).toBe(byteLength);
  });
});
