// pnpm limits [--write]: prints the tables of limits, or writes them into the READMEs.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatLimitsTable, insertLimitsTable, limitsTables } from './limits-table.ts';
import { root } from './root.mjs';

for (const [path, limits] of Object.entries(limitsTables)) {
  const readme = join(root, path);
  if (process.argv.includes('--write')) writeFileSync(readme, insertLimitsTable(readFileSync(readme, 'utf8'), limits));
  else console.log(formatLimitsTable(limits));
}
