/**
 * The declaration of one option: what it takes, what it is if it is left out, and how both are said in errors and in
 * READMEs.
 */
export interface Option<Value, Default = Value> {
  /** What the option is if it is left out or `undefined`. */
  readonly default: Default;
  /** What it takes, as errors and READMEs say it: `a whole number of 1 or more`. */
  readonly expected: string;
  /** What a number counts: `ms`, `bytes`, `messages`. */
  readonly unit?: string | undefined;
  /**
   * Checks a value, and gives what it means.
   *
   * @param name of the option, for the error
   * @throws {TypeError} if it is of the wrong type, or not one of the values that the option has
   * @throws {RangeError} if it is a number out of the option's range
   */
  read(name: string, given: unknown): Value;
}

/** A declaration for each of the options of an interface, and for nothing else. */
export type OptionsFor<Given> = {
  readonly [Name in keyof Given]-?: Option<Exclude<Given[Name], undefined> | null, unknown>;
};

/** What options are once they are checked and complete. */
export type Resolved<Declared> = {
  readonly [Name in keyof Declared]: Declared[Name] extends Option<infer Value, infer Default>
    ? Value | Default
    : never;
};

/** Says that an option is of the wrong type, or not one of the values that it has. */
export function invalid(name: string, expected: string, got: string): TypeError {
  return new TypeError(`Invalid option ${name}: expected ${expected}, got ${got}`);
}

/** What kind of value was given, in a word. */
export function kindOf(given: unknown): string {
  if (given === null) return 'null';
  return Array.isArray(given) ? 'an array' : typeof given;
}
