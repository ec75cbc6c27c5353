import { invalid, kindOf, type Option } from './option.ts';

/** Declares an option that is neither a number nor one of a few words. It is `undefined` where it is left out. */
export function value<Value>(expected: string, isValid: (given: unknown) => boolean): Option<Value, undefined> {
  return {
    default: undefined,
    expected,
    read(name, given) {
      if (isValid(given)) return given as Value;
      throw invalid(name, expected, kindOf(given));
    },
  };
}

/** Declares an option that a function checks: it throws an error that names the option. */
export function checked<Value>(expected: string, check: (given: Value) => unknown): Option<Value, undefined> {
  return {
    default: undefined,
    expected,
    read(_name, given) {
      check(given as Value);
      return given as Value;
    },
  };
}

/** Declares an option that is a function. */
export function callback<Callback>(): Option<Callback, undefined> {
  return value('a function', (given) => typeof given === 'function');
}

/** Declares an option that is an object whose members are not looked at. */
export function object<Value>(expected = 'an object'): Option<Value, undefined> {
  return value(expected, isObject);
}

/** Declares an option that is text, or a list of texts where `list` says so. */
export function words<Value extends string | readonly string[]>(
  list: 'one' | 'list' | 'one or list' = 'one',
): Option<Value, undefined> {
  const isText = (given: unknown): boolean => typeof given === 'string';
  const isList = (given: unknown): boolean => Array.isArray(given) && given.every(isText);
  if (list === 'one') return value('a string', isText);
  if (list === 'list') return value('a list of strings', isList);
  return value('a string or a list of strings', (given) => isText(given) || isList(given));
}

/** Whether a value can have members by name. */
export function isObject(given: unknown): given is object {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
