// pnpm release [VERSION]: one commit and one tag, which the release workflow publishes once they are pushed. By default
// the changelog determines the version.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cutRelease, nextVersion, unreleasedChanges } from './changelog.mjs';
import { publishedManifests, sharedVersion } from './published-packages.mjs';
import { root } from './root.mjs';

/** @param {string[]} parameters */
function git(...parameters) {
  return execFileSync('git', parameters, { cwd: root, encoding: 'utf8' }).trim();
}

/**
 * @param {string} file from the root
 * @param {(text: string) => string} change
 */
function rewrite(file, change) {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${file} is not as a release expects it`);
  writeFileSync(path, changed);
}

/** @param {string | undefined} given */
function release(given) {
  if (git('status', '--porcelain') !== '')
    throw new Error('Something is not committed: a release must contain only its own changes');
  const current = sharedVersion();
  const next = nextVersion(current, unreleasedChanges(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')));
  const version = given ?? next;
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`The version is 1.2.3 or the like, got ${version}`);
  const date = new Date().toISOString().slice(0, 10);
  rewrite('CHANGELOG.md', (text) => cutRelease(text, version, date));
  for (const file of publishedManifests())
    rewrite(file, (text) => text.replace(`"version": "${current}"`, `"version": "${version}"`));
  git('commit', '--quiet', '--all', '--message', `release: ${version}`);
  git('tag', '--annotate', `v${version}`, '--message', version);
  console.log(`${current} -> ${version} is committed and tagged. "git push --follow-tags" publishes it.`);
}

try {
  release(process.argv.slice(2).find((parameter) => parameter !== '--'));
} catch (error) {
  console.error(/** @type {Error} */ (error).message);
  process.exitCode = 1;
}
