import { resolveOptions, text, value, whole, type OptionsFor, type Resolved } from '@turnout/core/options';
import { parsePosition, type Position } from '../bus/position.ts';

/** Which keys a subscriber may have: those that begin with a text, or those for which a function returns `true`. */
export type KeyFilter = string | ((key: string) => boolean);

export interface StateSubscribeOptions {
  /** The position that the client has: it is then sent only what has changed since, if that is known. */
  readonly since?: Position | undefined;
  /** Decided once, here: the client never receives any other key. Default: all keys. */
  readonly keys?: KeyFilter | undefined;
}

export interface SetOptions {
  /** Only if the key has this version now; 0 for only if there is no such key. Only if the broker keeps the state. */
  readonly ifVersion?: number | undefined;
}

export interface IncrementOptions {
  /** An id of this increment: it is counted once, however often it is repeated, and by whichever node. */
  readonly once?: string | undefined;
}

const subscribeOptions = {
  since: value<Position>('a position', (given) => parsePosition(given) !== undefined),
  keys: value<KeyFilter>('text or a function', (given) => typeof given === 'string' || typeof given === 'function'),
} satisfies OptionsFor<StateSubscribeOptions>;

const setOptions = { ifVersion: whole({ default: undefined }) } satisfies OptionsFor<SetOptions>;

const incrementOptions = { once: text(undefined) } satisfies OptionsFor<IncrementOptions>;

/** @throws {TypeError | RangeError} on an invalid option, which it names; so do the other functions */
export function resolveStateSubscribe(options: StateSubscribeOptions | undefined): Resolved<typeof subscribeOptions> {
  return resolveOptions(subscribeOptions, options);
}

export function resolveSet(options: SetOptions | undefined): Resolved<typeof setOptions> {
  return resolveOptions(setOptions, options);
}

export function resolveIncrement(options: IncrementOptions | undefined): Resolved<typeof incrementOptions> {
  return resolveOptions(incrementOptions, options);
}

/** In bytes of UTF-8. */
const longestKey = 256;

/** @throws {TypeError} if it is not a text that is not empty; {RangeError} if it has more than 256 bytes */
export function assertStateKey(state: string, key: unknown): asserts key is string {
  if (typeof key !== 'string' || key === '') {
    throw new TypeError(`Invalid key of state ${state}: expected a string that is not empty, got ${typeof key}`);
  }
  const length = Buffer.byteLength(key);
  if (length > longestKey)
    throw new RangeError(`Invalid key of state ${state}: ${length} bytes, more than ${longestKey}`);
}

/** @throws {TypeError} on what JSON cannot express */
export function toJson(state: string, key: string, given: unknown): string {
  const json = JSON.stringify(given) as string | undefined;
  if (json === undefined) {
    throw new TypeError(`Invalid value of ${key} in state ${state}: expected JSON, got ${typeof given}`);
  }
  return json;
}
