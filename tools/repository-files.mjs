import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** As in .gitignore. Git is not used, because a copy of the repository may lack it. */
const ignored = /^(\.git|node_modules|dist|coverage|data|screenshots|\.mutation|.*\.(tgz|log))$/;

/**
 * The files of the repository, without installed and generated ones.
 *
 * @param {RegExp} pattern of their names
 * @param {string} [folder] from the root
 * @returns {string[]} paths from the root with forward slashes
 */
export function repositoryFiles(pattern, folder = '') {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).filter(({ name }) => !ignored.test(name));
  return entries.flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return repositoryFiles(pattern, path);
    return entry.isFile() && pattern.test(path) ? [path] : [];
  });
}
