import { writeFileSync } from 'node:fs';

/**
 * A vitest reporter that writes `{ passed, failed, skipped }` to the file named in TURNOUT_TEST_SUMMARY, for
 * tools/test.mjs. Type tests count like any test. A file that could not be loaded and an unhandled error count as one
 * failure each, so that no failure is missing from the sum.
 */
export default class TestSummaryReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const summary = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let failures = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'failed') failures += 1;
        else if (state === 'passed') summary.passed += 1;
        else summary.skipped += 1;
      }
      // A failed beforeAll or a syntax error fails the file without failing any test in it.
      summary.failed += failures === 0 && module.state() === 'failed' ? 1 : failures;
    }
    const file = process.env.TURNOUT_TEST_SUMMARY;
    if (file) writeFileSync(file, JSON.stringify(summary));
  }
}
