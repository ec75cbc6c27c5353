// pnpm limits [--write]: prints the table of limits, or writes it into the README of the core package.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatLimitsTable, insertLimitsTable } from './limits-table.ts';
import { root } from './root.mjs';

if (process.argv.includes('--write')) {
  const readme = join(root, 'packages/core/README.md');
  writeFileSync(readme, insertLimitsTable(readFileSync(readme, 'utf8')));
} else {
  console.log(formatLimitsTable());
}
