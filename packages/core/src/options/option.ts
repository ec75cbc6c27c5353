/**
 * The declaration of one option: what it accepts, its default, and how errors and READMEs describe both.
 */
export interface Option<Value, Default = Value> {
  /** The value of the option if it is omitted or `undefined`. */
  readonly default: Default;
  /** What it accepts, as errors and READMEs describe it: `a whole number of 1 or more`. */
  readonly expected: string;
  /** What a number counts: `ms`, `bytes`, `messages`. */
  readonly unit?: string | undefined;
  /**
   * Checks a value, and returns its meaning.
   *
   * @param name of the option, for the error
   * @throws {TypeError} if it is of the wrong type, or not one of the allowed values
   * @throws {RangeError} if it is a number out of the option's range
   */
  read(name: string, given: unknown): Value;
}

/** A declaration for each option of an interface, and for nothing else. */
export type OptionsFor<Given> = {
  readonly [Name in keyof Given]-?: Option<Exclude<Given[Name], undefined> | null, unknown>;
};

/** The type of options that are checked and complete. */
export type Resolved<Declared> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Option<infer Value, infer Default>
    ? Value | Default
    : never;
};

/** The error for an option of the wrong type, or with a value that is not allowed. */
export function invalid(name: string, expected: string, got: string): TypeError {
  return new TypeError(`Invalid option ${name}: expected ${expected}, got ${got}`);
}

/** The kind of a value, in one word. */
export function kindOf(given: unknown): string {
  if (given === null) return 'null';
  return Array.isArray(given) ? 'an array' : typeof given;
}
