// pnpm check: types, lint, format and some conventions of the whole repository. Every step runs; the last lines name
// those that failed.
import { buildPackages } from './build-packages.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { filesWithPrivateNumbers } from './private-numbers.mjs';
import { findComplaints } from './plain-english.mjs';
import { runDependency } from './run.mjs';
import { wrapAllComments } from './wrap-all-comments.mjs';

/**
 * @param {readonly string[]} files
 * @param {string} fault
 */
function report(files, fault) {
  for (const file of files) console.error(`${file}: ${fault}`);
  return Promise.resolve(files.length === 0 ? 0 : 1);
}

const checkComments = () =>
  report(wrapAllComments({ write: false }), 'comments are wider than 120; "pnpm format" wraps them');
const checkTestNames = () => report(filesWithPrivateNumbers(), 'the name of a test ends with the number of a list');

const checkEnglish = () => report(findComplaints(), 'or improve tools/plain-english.mjs if it is right English');

/** @type {[name: string, step: () => Promise<number>][]} */
const steps = [
  ['dependencies (pnpm install)', installDependencies],
  ['build (tsc -b)', buildPackages],
  ['types of everything else (tsc)', () => runDependency('typescript', ['-p', 'tsconfig.check.json'], { bin: 'tsc' })],
  ['lint (oxlint)', () => runDependency('oxlint', ['--deny-warnings', '.'])],
  ['format (oxfmt)', () => runDependency('oxfmt', ['--check', '.'])],
  ['width of comments', checkComments],
  ['names of tests', checkTestNames],
  ['plain English', checkEnglish],
];

const failures = [];
for (const [name, step] of steps) {
  console.log(`check: ${name}`);
  if ((await step()) !== 0) failures.push(name);
}
if (failures.length === 0) console.log('check: all steps passed');
else console.error(`check FAILED: ${failures.join(', ')}`);
process.exitCode = failures.length === 0 ? 0 : 1;
