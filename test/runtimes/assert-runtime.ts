/** A setup file for tests on another runtime, which asserts that Node.js is not running them. */
const expected = process.env['TURNOUT_RUNTIME'];
if (expected === undefined || process.versions[expected] === undefined) {
  throw new Error(`Expected the tests to run on ${expected}, got ${JSON.stringify(process.versions)}`);
}
