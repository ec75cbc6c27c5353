/** Set up before the tests that another runtime is to run, so that it is not Node.js that passes them. */
const expected = process.env['TURNOUT_RUNTIME'];
if (expected === undefined || process.versions[expected] === undefined) {
  throw new Error(`Expected the tests to run on ${expected}, got ${JSON.stringify(process.versions)}`);
}
