import { describe, expect, test } from 'vitest';
import { CloseCode, isValidCloseCode } from '../src/close-code.ts';

describe('CloseCode', () => {
  test('names the codes of RFC 6455 §7.4.1 and of the registry', () => {
    expect(CloseCode).toEqual({
      Normal: 1000,
      GoingAway: 1001,
      ProtocolError: 1002,
      UnsupportedData: 1003,
      NoStatus: 1005,
      Abnormal: 1006,
      InvalidPayload: 1007,
      PolicyViolation: 1008,
      MessageTooBig: 1009,
      MandatoryExtension: 1010,
      InternalError: 1011,
      ServiceRestart: 1012,
      TryAgainLater: 1013,
      BadGateway: 1014,
      TlsHandshake: 1015,
      Unauthorized: 3000,
      Forbidden: 3003,
      Timeout: 3008,
    });
  });
});

describe('isValidCloseCode', () => {
  test('accepts 1000-1003, 1007-1014 and 3000-4999 of all 65,536 two-byte numbers', () => {
    const valid = Array.from({ length: 65_536 }, (_, code) => code).filter(isValidCloseCode);
    expect(valid.slice(0, 12)).toEqual([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]);
    expect(valid.slice(12)).toEqual(Array.from({ length: 2000 }, (_, index) => 3000 + index));
  });

  test.each([-1, 1000.5, NaN, Infinity, -Infinity])('refuses %s', (code) => {
    expect(isValidCloseCode(code)).toBe(false);
  });
});
