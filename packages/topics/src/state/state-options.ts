import { callback, resolveOptions, whole, type OptionsFor, type Resolved } from '@turnout/core/options';

/** The values of a state by their keys, as the application's own store has them. */
export type StateContents<Value> = Iterable<readonly [key: string, value: Value]> | Readonly<Record<string, Value>>;

export interface StateOptions<Value = unknown> {
  /**
   * For a state that the application keeps, for example in its database: reads all of it. It is called on each node
   * that needs the state, and again if changes were missed; never more than once at a time, however many clients wait.
   * Default: the broker keeps the state.
   */
  readonly load?: () => StateContents<Value> | Promise<StateContents<Value>>;
  /**
   * For a state with `load`: a number that grows with each change of a key, from its value, such as a count or a
   * revision. A node that is told an earlier change after a later one then ignores it. Default: the change that is told
   * last counts, which is right if one process changes a key.
   */
  readonly version?: (value: Value) => number;
  /** The most keys of a state that the broker keeps: 1 or more. Default 10,000. */
  readonly maxKeys?: number;
  /** The most bytes of all keys and values of a state that the broker keeps, as JSON: 1 or more. Default 1 MiB. */
  readonly maxBytes?: number;
}

export const stateOptions = {
  load: callback<() => StateContents<unknown> | Promise<StateContents<unknown>>>(),
  version: callback<(value: unknown) => number>(),
  maxKeys: whole({ default: 10_000, min: 1, unit: 'keys' }),
  maxBytes: whole({ default: 1024 * 1024, min: 1, unit: 'bytes' }),
} satisfies OptionsFor<StateOptions>;

export type ResolvedStateOptions = Resolved<typeof stateOptions>;

/** @throws {TypeError | RangeError} on an invalid option, which it names */
export function resolveStateOptions(options: StateOptions | undefined): ResolvedStateOptions {
  return resolveOptions(stateOptions, options);
}
