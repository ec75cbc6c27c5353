import { invalid, kindOf, type Option } from './option.ts';

/** The longest delay of a timer, in ms: with a longer one it would fire immediately. */
export const longestDelay = 2 ** 31 - 1;

export interface WholeNumberRange<Default> {
  readonly default: Default;
  /** Default 0. */
  readonly min?: number;
  /** Default: the largest exact integer. */
  readonly max?: number;
  readonly unit?: string;
  /** Whether `Infinity` is allowed, meaning no limit or never. Default `false`. */
  readonly infinity?: boolean;
}

/** Declares an option that is a whole number. */
export function whole<Default extends number | undefined>(range: WholeNumberRange<Default>): Option<number, Default> {
  const { default: fallback, min = 0, max = Number.MAX_SAFE_INTEGER, unit, infinity = false } = range;
  const expected = describe(min, max, { unit, infinity });
  return {
    default: fallback,
    expected,
    unit,
    read(name, given) {
      if (typeof given !== 'number') throw invalid(name, 'a number', kindOf(given));
      const isWithin = Number.isInteger(given) && given >= min && given <= max;
      if (isWithin || (infinity && given === Infinity)) return given;
      throw new RangeError(`Invalid option ${name}: expected ${expected}, got ${given}`);
    },
  };
}

/** Declares an option that is a time in ms. It fits a timer, unless `max` is set. */
export function milliseconds<Default extends number | undefined>(
  range: Omit<WholeNumberRange<Default>, 'unit'>,
): Option<number, Default> {
  return whole({ max: longestDelay, ...range, unit: 'ms' });
}

function describe(min: number, max: number, how: { readonly unit: string | undefined; infinity: boolean }): string {
  const upTo = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  return `a whole number of ${upTo}${how.unit === 'ms' ? ' ms' : ''}${how.infinity ? ', or Infinity' : ''}`;
}
