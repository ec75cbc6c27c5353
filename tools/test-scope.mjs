import { existsSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root } from './root.mjs';

/** The tests of compiled code; all others run from the sources. */
const testsOfBuilds = ['test/packaging', 'test/runtimes', 'test/docs.test.ts', 'test/bench.test.ts'];

/**
 * Whether a run of these tests needs compiled packages. If a parameter is not a path, vitest may treat it as part of
 * one, or as the value of an option: then building is the safe choice.
 *
 * @param {readonly string[]} parameters for vitest
 */
export function needsBuild(parameters) {
  const filters = parameters.filter((parameter) => !parameter.startsWith('-'));
  return filters.length === 0 || filters.some((filter) => testsOfBuilds.some((tests) => mayReach(filter, tests)));
}

/**
 * @param {string} filter
 * @param {string} tests
 */
function mayReach(filter, tests) {
  const file = filter.replace(/:\d+$/, '');
  if (!existsSync(join(root, file))) return true;
  const path = relative(root, join(root, file)).split(sep).join('/');
  return `${tests}/`.startsWith(path === '' ? '' : `${path}/`) || `${path}/`.startsWith(`${tests}/`);
}
