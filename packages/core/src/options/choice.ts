import { invalid, kindOf, type Option } from './option.ts';

/** Declares an option that is `true` or `false`. */
export function flag<Default extends boolean | undefined>(fallback: Default): Option<boolean, Default> {
  const expected = 'a boolean';
  return {
    default: fallback,
    expected,
    read(name, given) {
      if (typeof given === 'boolean') return given;
      throw invalid(name, expected, kindOf(given));
    },
  };
}

/** Declares an option that is one of a few words. */
export function oneOf<const Word extends string, const Default extends Word | undefined>(
  words: readonly Word[],
  fallback: Default,
): Option<Word, Default> {
  const quoted = words.map((word) => `'${word}'`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return {
    default: fallback,
    expected,
    read(name, given) {
      const word = words.find((known) => known === given);
      if (word !== undefined) return word;
      throw invalid(name, expected, typeof given === 'string' ? `'${given}'` : kindOf(given));
    },
  };
}
