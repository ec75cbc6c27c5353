import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { runDependency } from './run.mjs';

/**
 * Resets a dist folder that no longer matches its sources. tsc trusts its .tsbuildinfo: it neither restores a deleted
 * output, nor deletes one without a source, which would be published.
 *
 * @param {string} folder of a package, relative to the root
 */
function discardStaleOutput(folder) {
  const dist = join(root, folder, 'dist');
  if (!existsSync(dist)) return;
  const expected = filesBelow(join(root, folder, 'src'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, '.d.ts'));
  const present = filesBelow(join(dist, 'types')).filter((file) => file.endsWith('.d.ts'));
  const isFresh = present.every((file) => expected.includes(file)) && expected.every((file) => present.includes(file));
  if (!isFresh) rmSync(dist, { recursive: true, force: true });
}

/** @param {string} folder */
function filesBelow(folder) {
  return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [];
}

/**
 * Builds every package that the root tsconfig.json refers to into its dist folder: tsc writes the declarations, and
 * Rolldown the code.
 *
 * @returns {Promise<number>} the exit code: 0, the compiler's, or 1 if a package could not be bundled
 */
export async function buildPackages() {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  for (const { path } of references) discardStaleOutput(path);
  const exitCode = await runDependency('typescript', ['-b', join(root, 'tsconfig.json')], { bin: 'tsc' });
  if (exitCode !== 0) return exitCode;
  try {
    // The caller may have just installed its tools.
    const { bundlePackage } = await import('./bundle-package.mjs');
    for (const { path } of references) await bundlePackage(path);
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  }
}
