// pnpm check: types, lint and format of the whole repository. Every step runs; the last lines name those that failed.
import { buildPackages } from './build-packages.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { runDependency } from './run.mjs';

/** @type {[name: string, step: () => Promise<number>][]} */
const steps = [
  ['dependencies (pnpm install)', installDependencies],
  ['build (tsc -b)', buildPackages],
  ['types of everything else (tsc)', () => runDependency('typescript', ['-p', 'tsconfig.check.json'], { bin: 'tsc' })],
  ['lint (oxlint)', () => runDependency('oxlint', ['--deny-warnings', '.'])],
  ['format (oxfmt)', () => runDependency('oxfmt', ['--check', '.'])],
];

const failures = [];
for (const [name, step] of steps) {
  console.log(`check: ${name}`);
  if ((await step()) !== 0) failures.push(name);
}
if (failures.length === 0) console.log('check: all steps passed');
else console.error(`check FAILED: ${failures.join(', ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
