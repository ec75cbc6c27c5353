import { match, type MatchFunction } from 'path-to-regexp';

/** A path as `@koa/router` takes it. */
export type Path = string | RegExp | readonly (string | RegExp)[];

/** The parameters of a path that matches, or `null`. */
export type PathTest = (path: string) => Record<string, string> | null;

/** How a path that is a string matches. */
export interface PathRules {
  /** Whether upper and lower case differ. */
  readonly caseSensitive: boolean;
  /** Whether a slash at the end makes another path. */
  readonly strict: boolean;
}

/**
 * Compiles a path.
 *
 * @throws {TypeError} on a path that path-to-regexp does not take
 */
export function compilePath(path: Path, { caseSensitive, strict }: PathRules): PathTest {
  const tests = (Array.isArray(path) ? path : [path]).map((one: string | RegExp) => {
    if (one instanceof RegExp) return testOfRegExp(one);
    return testOfString(match<Record<string, string>>(one, { decode, sensitive: caseSensitive, trailing: !strict }));
  });
  return (target) => {
    for (const test of tests) {
      const params = test(target);
      if (params !== null) return params;
    }
    return null;
  };
}

function testOfString(matches: MatchFunction<Record<string, string>>): PathTest {
  return (path) => {
    const result = matches(path);
    return result === false ? null : result.params;
  };
}

/** As `@koa/router` has it: a value with a broken escape stays as it came. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function testOfRegExp(pattern: RegExp): PathTest {
  return (path) => {
    const result = pattern.exec(path);
    pattern.lastIndex = 0;
    if (result === null) return null;
    const groups = result.groups ?? Object.fromEntries(result.slice(1).map((value, index) => [index, value]));
    return Object.assign(Object.create(null), groups) as Record<string, string>;
  };
}
