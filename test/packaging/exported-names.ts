import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import { root } from '../architecture/read-workspace.ts';

/**
 * The names that a package exports, sorted: `value WebSocket`, `type Limits`. An `export *` stands for itself, as the
 * list is there to make every change of the public surface visible in review.
 */
export function exportedNames(folder: string): string[] {
  const path = join(root, folder, 'src/index.ts');
  const { module } = parseSync(path, readFileSync(path, 'utf8'));
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .map(({ exportName, isType, moduleRequest }) => {
      const kind = isType ? 'type' : 'value';
      return exportName.name === null ? `* from ${moduleRequest?.value}` : `${kind} ${exportName.name}`;
    })
    .toSorted();
}
