import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/**
 * The package.json of every package that is published, from the root.
 *
 * @returns {string[]}
 */
export function publishedManifests() {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  return references.map((/** @type {{ path: string }} */ { path }) => `${path}/package.json`);
}

/** The version that all packages share. */
export function sharedVersion() {
  const versions = new Set(
    publishedManifests().map((file) => JSON.parse(readFileSync(join(root, file), 'utf8')).version),
  );
  if (versions.size !== 1) throw new Error(`The packages have different versions: ${[...versions].join(', ')}`);
  return String([...versions][0]);
}
