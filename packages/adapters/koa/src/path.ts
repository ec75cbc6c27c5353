import { match, type MatchFunction } from 'path-to-regexp';

/** A path as `@koa/router` accepts it. */
export type Path = string | RegExp | readonly (string | RegExp)[];

/** Returns the parameters of a path that matches, else `null`. */
export type PathTest = (path: string) => Record<string, string> | null;

/** How a string path matches. */
export interface PathRules {
  /** Whether matching is case-sensitive. */
  readonly caseSensitive: boolean;
  /** Whether a trailing slash makes a different path. */
  readonly strict: boolean;
}

/**
 * Compiles a path.
 *
 * @throws {TypeError} on a path that path-to-regexp does not accept
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

/** As in `@koa/router`: a value with a malformed escape is left undecoded. */
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
