import { describe, expect, test } from 'vitest';
import { isControl, Opcode } from '../src/opcode.ts';

describe('Opcode', () => {
  test('holds the numbers of the registry (RFC 6455 §11.8)', () => {
    expect(Opcode).toEqual({ Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 });
  });
});

describe('isControl', () => {
  test.each(['Close', 'Ping', 'Pong'] as const)('is true for %s', (name) => {
    expect(isControl(Opcode[name])).toBe(true);
  });

  test.each(['Continuation', 'Text', 'Binary'] as const)('takes %s for a data frame', (name) => {
    expect(isControl(Opcode[name])).toBe(false);
  });
});
