import { invalid, kindOf, type Option } from './option.ts';

/** Declares an option that is neither a number nor one of a few words. It is `undefined` if omitted. */
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

/** Declares an option that a function checks: the function throws an error that names the option. */
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

/** Declares an option that is an object whose members are not checked. */
export function object<Value>(expected = 'an object'): Option<Value, undefined> {
  return value(expected, isObject);
}

/** Declares an option that is a string. */
export function text<Default extends string | undefined>(fallback: Default): Option<string, Default> {
  return { ...value<string>('a string', isText), default: fallback };
}

/** Declares an option that is a string, or a list of them. */
export function texts<Value extends string | readonly string[]>(): Option<Value, undefined> {
  const isTexts = (given: unknown): boolean => isText(given) || (Array.isArray(given) && given.every(isText));
  return value('a string or a list of strings', isTexts);
}

function isText(given: unknown): boolean {
  return typeof given === 'string';
}

/** Whether a value can have named members. */
export function isObject(given: unknown): given is object {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
