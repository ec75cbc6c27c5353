import { invalid, kindOf, type Option, type Resolved } from './option.ts';
import { resolveOptions } from './read-options.ts';
import { isObject } from './value.ts';

type Members = Readonly<Record<string, Option<unknown, unknown>>>;

/**
 * Declares an option that is a group of others: `true` for all their defaults, `false` for off, or an object of them.
 * It is off, `null`, if omitted.
 */
export function group<Declared extends Members>(declared: Declared): Option<Resolved<Declared> | null, null> {
  const expected = 'a boolean or an object';
  return {
    default: null,
    expected,
    read(name, given) {
      if (given === false) return null;
      if (given !== true && !isObject(given)) throw invalid(name, expected, kindOf(given));
      return resolveOptions(declared, given === true ? undefined : given, `${name}.`);
    },
  };
}

/** Declares an option that is an object of others, each with its default. */
export function members<Declared extends Members>(
  declared: Declared,
  expected = 'an object',
): Option<Resolved<Declared>> {
  return {
    default: resolveOptions(declared, undefined),
    expected,
    read(name, given) {
      if (!isObject(given)) throw invalid(name, expected, kindOf(given));
      return resolveOptions(declared, given, `${name}.`);
    },
  };
}
