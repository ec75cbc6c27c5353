import { describe, expect, test } from 'vitest';
import { stateAfter } from '../../src/protocol/connection-state.ts';

describe('stateAfter', () => {
  test.each([
    ['open', 'close-sent', 'closing-local'],
    ['open', 'close-received', 'closed'],
    ['open', 'failed', 'closed'],
    ['open', 'transport-ended', 'closed'],
    ['closing-local', 'close-sent', null],
    ['closing-local', 'close-received', 'closed'],
    ['closing-local', 'failed', 'closed'],
    ['closing-local', 'transport-ended', 'closed'],
    ['closed', 'close-sent', null],
    ['closed', 'close-received', null],
    ['closed', 'failed', null],
    ['closed', 'transport-ended', null],
  ] as const)('takes a connection from %s by %s to %s', (state, move, next) => {
    expect(stateAfter(state, move)).toBe(next);
  });
});
