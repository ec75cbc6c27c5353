import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder in `DATA_DIR`, or else the given one; created, accessible only to its owner, if it is missing. */
export function dataFolder(byDefault: URL): string {
  const path = process.env['DATA_DIR'] || fileURLToPath(byDefault);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}
