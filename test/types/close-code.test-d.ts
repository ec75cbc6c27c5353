import { CloseCode } from '@turnout/core';
import { expectTypeOf, test } from 'vitest';

test('CloseCode has literal types', () => {
  expectTypeOf(CloseCode.Normal).toEqualTypeOf<1000>();
  expectTypeOf(CloseCode.Unauthorized).toEqualTypeOf<3000>();
});

test('CloseCode cannot be changed', () => {
  // @ts-expect-error the members are read-only
  CloseCode.Normal = 1001;
});
