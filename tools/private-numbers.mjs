import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { repositoryFiles } from './repository-files.mjs';

/** A name that ends with the numbers of a list that nobody else has: `… is refused (27)`. */
const numbered = / \(\d+(?:, ?\d+)*\)(['"`])(?:,|$)/m;

/** @param {string} text of a file of tests */
export function hasPrivateNumber(text) {
  return numbered.test(text);
}

/** The files of tests in which the name of a test ends with numbers of a list. */
export function filesWithPrivateNumbers() {
  return repositoryFiles(/\.test\.ts$/).filter((file) => hasPrivateNumber(readFileSync(join(root, file), 'utf8')));
}
