// pnpm test [vitest arguments]: system parts, build, then every test; with arguments, a subset without the coverage gate.
// pnpm test:long: the same, with millions of inputs instead of thousands, and abuse at full scale.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildPackages } from './build-packages.mjs';
import { root } from './root.mjs';
import { runDependency } from './run.mjs';
import { findSystemPart, installCommand, installSystemParts, systemParts } from './system-parts.mjs';

const isContinuousIntegration = Boolean(process.env.CI) && process.env.CI !== 'false';

/**
 * Installs the system parts that are missing.
 *
 * @returns {{ skipped: string[], failed: string[] }} the parts the tests have to do without; where CI is set each of
 *   them is a failure, and nothing is skipped
 */
function provideSystemParts() {
  const unwanted = isContinuousIntegration ? [] : (process.env.TURNOUT_SKIP ?? '').split(',').filter(Boolean);
  const missing = Object.keys(systemParts).filter((name) => !unwanted.includes(name) && !findSystemPart(name));
  if (missing.length === 0) return { skipped: unwanted, failed: [] };
  console.log(`installing what the tests need from the system: ${missing.join(', ')}`);
  const problem = installSystemParts(missing);
  if (problem === undefined) return { skipped: unwanted, failed: [] };
  const absent = missing.filter((name) => !findSystemPart(name));
  for (const name of absent) console.error(`MISSING: ${name}, which ${systemParts[name]?.usedBy} need; ${problem}`);
  console.error(`Install by hand, as root: ${installCommand(absent)}`);
  if (isContinuousIntegration) return { skipped: [], failed: absent };
  console.error('These tests are SKIPPED now');
  return { skipped: [...unwanted, ...absent], failed: [] };
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
  const env = { ...process.env, TURNOUT_TEST_SUMMARY: summaryFile, TURNOUT_SKIP: skippedParts.join(',') };
  for (const [name, { variable }] of Object.entries(systemParts)) env[variable] ??= findSystemPart(name);
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

/**
 * @param {string[]} parameters
 * @returns {Promise<Outcome>}
 */
async function main(parameters) {
  const parts = provideSystemParts();
  console.log('building the packages');
  const isBuilt = (await buildPackages()) === 0;
  const summary = await runTests(parameters, parts.skipped);
  if (parts.skipped.length > 0) console.error(`SKIPPED, without its system part: ${parts.skipped.join(', ')}`);
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
// Read by vitest.config.ts, and by the tests that have a long form.
if (given.includes('--long')) process.env.TURNOUT_LONG = '1';
const { exitCode, passed, failed, skipped } = await main(parameters);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? exitCode || 1 : exitCode;
