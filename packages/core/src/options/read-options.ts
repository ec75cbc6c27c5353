import { nearestName } from './nearest-name.ts';
import { invalid, kindOf, type Option, type Resolved } from './option.ts';
import { isObject } from './value.ts';

type Declarations = Readonly<Record<string, Option<unknown, unknown>>>;

/**
 * Checks the given options, and returns only those: for options that override others, as a route's override its app's.
 *
 * @param prefix of their names in errors: `history.` for those of the option `history`
 * @throws {TypeError} on an undeclared option, naming the nearest declared one, and on a value that is not an object
 * @throws {TypeError | RangeError} on an invalid value, as its declaration specifies
 */
export function readOptions<Declared extends Declarations>(
  declared: Declared,
  given: object | undefined,
  prefix = '',
): Partial<Resolved<Declared>> {
  const read: Record<string, unknown> = {};
  if (given === undefined) return read as Partial<Resolved<Declared>>;
  if (!isObject(given)) throw notAnObject(prefix, given);
  // Including inherited ones: options may be derived from others with Object.create().
  for (const name in given) {
    const option = Object.hasOwn(declared, name) ? declared[name] : undefined;
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (option === undefined) {
      if (Object.hasOwn(given, name)) throw unknownOption(prefix, name, Object.keys(declared));
    } else if (value !== undefined) {
      read[name] = option.read(`${prefix}${name}`, value);
    }
  }
  return read as Partial<Resolved<Declared>>;
}

/** Checks the given options, and fills in the defaults of the others. @throws as {@link readOptions} */
export function resolveOptions<Declared extends Declarations>(
  declared: Declared,
  given: object | undefined,
  prefix = '',
): Resolved<Declared> {
  const read = readOptions(declared, given, prefix);
  const resolved: Record<string, unknown> = {};
  for (const name of Object.keys(declared)) {
    resolved[name] = Object.hasOwn(read, name) ? read[name] : declared[name]?.default;
  }
  return resolved as Resolved<Declared>;
}

function notAnObject(prefix: string, given: unknown): TypeError {
  if (prefix !== '') return invalid(prefix.slice(0, -1), 'an object', kindOf(given));
  return new TypeError(`Invalid options: expected an object, got ${kindOf(given)}`);
}

function unknownOption(prefix: string, name: string, names: readonly string[]): TypeError {
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${prefix}${nearest}?`;
  return new TypeError(`Unknown option ${prefix}${name}: ${hint}`);
}
