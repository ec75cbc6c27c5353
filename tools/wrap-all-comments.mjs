import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFiles } from './repository-files.mjs';
import { root } from './root.mjs';
import { wrapComments } from './wrap-comments.mjs';

/**
 * Wraps the comments of every source file.
 *
 * @param {{ write: boolean }} options
 * @returns {string[]} the files that were not wrapped
 */
export function wrapAllComments({ write }) {
  return repositoryFiles(/\.(ts|mjs|js)$/).filter((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const wrapped = wrapComments(text);
    if (write && wrapped !== text) writeFileSync(join(root, file), wrapped);
    return wrapped !== text;
  });
}
