// pnpm dev [EXAMPLE]: runs the affected tests and an example again after every change.
import { join } from 'node:path';
import { exampleEntry, exampleNames } from './examples.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { root } from './root.mjs';
import { runDependency } from './run.mjs';
import { missingSystemParts, systemPartVariables } from './system-parts.mjs';

const [example = 'echo'] = process.argv.slice(2).filter((parameter) => parameter !== '--');

/** The tests affected by uncommitted changes, and then by each saved file. */
function watchTests() {
  const env = { ...process.env, ...systemPartVariables(missingSystemParts([])) };
  const options = ['--changed', '--no-clearScreen', '--typecheck.enabled=false'];
  return runDependency('vitest', ['watch', ...options], { env });
}

// Key presses are for vitest.
function watchExample() {
  const options = ['watch', '--clear-screen=false', '--conditions=@turnout/source', exampleEntry];
  return runDependency('tsx', options, { cwd: join(root, 'examples', example), stdin: 'ignore' });
}

if (exampleNames.includes(example)) {
  process.exitCode = await installDependencies();
  if (process.exitCode === 0) await Promise.race([watchTests(), watchExample()]);
} else {
  console.error(`There is no example ${JSON.stringify(example)}; there are ${exampleNames.join(', ')}`);
  process.exitCode = 2;
}
