// pnpm test: system parts, build, then every test.
// pnpm test [vitest arguments]: a subset, without the coverage gate. It installs no system part, and builds only for
// tests of compiled code. pnpm test:long: the same, with millions of inputs instead of thousands, and abuse at full
// scale.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPackages } from './build-packages.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { root } from './root.mjs';
import { runDependency } from './run.mjs';
import {
  installCommand,
  installSystemParts,
  missingSystemParts,
  systemParts,
  systemPartVariables,
} from './system-parts.mjs';
import { needsBuild } from './test-scope.mjs';

const skippedByName = (process.env.TURNOUT_SKIP ?? '').split(',').filter(Boolean);
const isContinuousIntegration = Boolean(process.env.CI) && process.env.CI !== 'false';

/**
 * Installs the system parts that are missing.
 *
 * @returns {{ skipped: string[], failed: string[] }} the missing parts; with CI each of them is a failure, and nothing
 *   is skipped
 */
function provideSystemParts() {
  const unwanted = isContinuousIntegration ? [] : skippedByName;
  const missing = missingSystemParts(unwanted);
  if (missing.length === 0) return { skipped: unwanted, failed: [] };
  console.log(`installing what the tests need from the system: ${missing.join(', ')}`);
  const problem = installSystemParts(missing);
  if (problem === undefined) return { skipped: unwanted, failed: [] };
  const absent = missingSystemParts(unwanted);
  for (const name of absent) console.error(`MISSING: ${name}, which ${systemParts[name]?.usedBy} need; ${problem}`);
  console.error(`Install by hand, as root: ${installCommand(absent)}`);
  if (isContinuousIntegration) return { skipped: [], failed: absent };
  console.error('These tests are SKIPPED now');
  return { skipped: [...unwanted, ...absent], failed: [] };
}

/** @returns {{ skipped: string[], failed: string[] }} the missing parts for a subset of the tests */
function presentSystemParts() {
  return { skipped: [...skippedByName, ...missingSystemParts(skippedByName)], failed: [] };
}

/** @typedef {{ exitCode: number, passed: number, failed: number, skipped: number }} Outcome */

/**
 * Runs vitest. The tests find each system part by its environment variable, or its name in TURNOUT_SKIP.
 *
 * @param {string[]} parameters for it; none for everything, with coverage
 * @param {string[]} skippedParts
 * @returns {Promise<Outcome>}
 */
async function runTests(parameters, skippedParts) {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-test-'));
  const summaryFile = join(folder, 'summary.json');
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, ...systemPartVariables(skippedParts), TURNOUT_TEST_SUMMARY: summaryFile };
  const reporters = ['--reporter=default', `--reporter=${join(root, 'tools/test-summary-reporter.mjs')}`];
  const scope = parameters.length > 0 ? parameters : ['--coverage'];
  try {
    const exitCode = await runDependency('vitest', ['run', '--root', root, ...reporters, ...scope], { env });
    return { exitCode, ...JSON.parse(readFileSync(summaryFile, 'utf8')) };
  } catch {
    console.error('vitest ended without a summary: counted as one failure');
    return { exitCode: 1, passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function build() {
  console.log('building the packages');
  return (await buildPackages()) === 0;
}

/**
 * @param {string[]} parameters
 * @returns {Promise<Outcome>}
 */
async function main(parameters) {
  const isSubset = parameters.length > 0;
  const parts = isSubset ? presentSystemParts() : provideSystemParts();
  const isBuilt = needsBuild(parameters) ? await build() : true;
  const summary = await runTests(parameters, parts.skipped);
  if (parts.skipped.length > 0 && summary.skipped > 0) {
    console.error(`SKIPPED, where they need one of these system parts: ${parts.skipped.join(', ')}`);
    const missing = missingSystemParts(skippedByName);
    if (missing.length > 0) console.error(`Install by hand, as root: ${installCommand(missing)}`);
  }
  if (summary.exitCode !== 0 && summary.failed === 0) {
    console.error(
      'vitest failed though no test did (see above, most likely the coverage gate): counted as one failure',
    );
    summary.failed = 1;
  }
  for (const name of parts.failed) {
    console.error(`the system part ${name} is missing: counted as one failure`);
    summary.failed += 1;
  }
  if (!isBuilt) {
    console.error('the build failed (see the top): counted as one failure');
    summary.failed += 1;
  }
  return summary;
}

const given = process.argv.slice(2).filter((parameter) => parameter !== '--');
const parameters = given.filter((parameter) => parameter !== '--long');
// Read by vitest.config.ts, and by tests with a long form.
if (given.includes('--long')) process.env.TURNOUT_LONG = '1';
if ((await installDependencies()) !== 0) process.exit(1);
const { exitCode, passed, failed, skipped } = await main(parameters);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? exitCode || 1 : exitCode;
