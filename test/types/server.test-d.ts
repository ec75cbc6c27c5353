import type { PathParameters } from '@turnout/server';
import { describe, expectTypeOf, test } from 'vitest';

describe('the parameters of a path', () => {
  test('have the names in it', () => {
    expectTypeOf<PathParameters<'/rooms/:room/seats/:seat'>>().toEqualTypeOf<{ room: string } & { seat: string }>();
    expectTypeOf<PathParameters<'/:from-:to.json'>['from' | 'to']>().toEqualTypeOf<string>();
    // @ts-expect-error the path has no such parameter
    type Missing = PathParameters<'/rooms/:room'>['door'];
    expectTypeOf<Missing>().toBeAny();
  });

  test('do not exist in a path without names', () => {
    expectTypeOf<keyof PathParameters<'/rooms'>>().toBeNever();
    expectTypeOf<keyof PathParameters<'/rooms::all'>>().toBeNever();
    expectTypeOf<keyof PathParameters<'/rooms/\\:all'>>().toBeNever();
  });

  test('may be missing in braces, however deep, and before a question mark', () => {
    type Nested = PathParameters<'/:room{/:row{/:seat}}/end'>;
    expectTypeOf<Nested['room']>().toEqualTypeOf<string>();
    expectTypeOf<Nested['row']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<Nested['seat']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<PathParameters<'/rooms/:room?'>['room']>().toEqualTypeOf<string | undefined>();
  });

  test('are lists for wildcards with a name, and text for one without', () => {
    expectTypeOf<PathParameters<'/files/*file/:part'>['file']>().toEqualTypeOf<string[]>();
    expectTypeOf<PathParameters<'/files/*file/:part'>['part']>().toEqualTypeOf<string>();
    expectTypeOf<PathParameters<'/files/*'>['*']>().toEqualTypeOf<string>();
  });

  test('have no part of the regular expression behind a name', () => {
    expectTypeOf<PathParameters<'/rooms/:room(^\\d*$)/:seat'>>().toEqualTypeOf<{ room: string } & { seat: string }>();
  });

  test('have any name in a path that is not a literal', () => {
    expectTypeOf<PathParameters<string>>().toEqualTypeOf<Record<string, string>>();
  });
});
