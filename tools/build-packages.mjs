import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { runDependency } from './run.mjs';

/**
 * Makes a dist folder that no longer fits its sources as if it had never been built. tsc trusts its .tsbuildinfo: it
 * neither restores an output that somebody deleted, nor deletes one whose source is gone and which would be published.
 *
 * @param {string} folder of a package, relative to the root
 */
function discardStaleOutput(folder) {
  const dist = join(root, folder, 'dist');
  if (!existsSync(dist)) return;
  const expected = filesBelow(join(root, folder, 'src'))
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((extension) => file.replace(/\.ts$/, extension)));
  const present = filesBelow(dist).filter((file) => /\.(js|ts|map)$/.test(file));
  const isFresh = present.every((file) => expected.includes(file)) && expected.every((file) => present.includes(file));
  if (!isFresh) rmSync(dist, { recursive: true, force: true });
}

/** @param {string} folder */
function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

/**
 * Compiles every package that the root tsconfig.json refers to into its dist folder.
 *
 * @returns {Promise<number>} the compiler's exit code
 */
export function buildPackages() {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  for (const { path } of references) discardStaleOutput(path);
  return runDependency('typescript', ['-b', join(root, 'tsconfig.json')], { bin: 'tsc' });
}
