import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder that `DATA_DIR` names, or else the given one; made for its owner's eyes only, where it is not there. */
export function dataFolder(byDefault: URL): string {
  const path = process.env['DATA_DIR'] || fileURLToPath(byDefault);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}
