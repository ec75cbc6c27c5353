import { expect, test } from 'vitest';
import { needsBuild } from '../../tools/test-scope.mjs';

test.each(
  [
    [],
    ['test'],
    ['test/packaging'],
    ['./test/packaging/packaging.test.ts'],
    ['test/docs.test.ts:12'],
    ['packages/core', 'test/bench.test.ts'],
    ['-t', 'a part of a name'],
    ['no-such-path'],
  ].map((parameters) => ({ parameters })),
)('$parameters may include tests of the build, and causes a build', ({ parameters }) => {
  expect(needsBuild(parameters)).toBe(true);
});

test.each([['packages/core'], ['test/tools', '--bail=1'], ['test/contract/', './packages/client/test']])(
  '%s are tests of the sources, and cause no build',
  (...parameters) => {
    expect(needsBuild(parameters)).toBe(false);
  },
);
