import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { wrapComments } from './wrap-comments.mjs';

/**
 * Wraps the comments of every source file in git.
 *
 * @param {{ write: boolean }} options
 * @returns {string[]} the files that were not wrapped
 */
export function wrapAllComments({ write }) {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.mjs', '*.js'], { cwd: root });
  const files = listed
    .toString()
    .split('\n')
    .filter((file) => file !== '' && existsSync(join(root, file)));
  return files.filter((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const wrapped = wrapComments(text);
    if (write && wrapped !== text) writeFileSync(join(root, file), wrapped);
    return wrapped !== text;
  });
}
