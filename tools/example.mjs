// pnpm example NAME: runs one of the programs in examples/ from its sources.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { exampleEntry, exampleNames } from './examples.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { onNpxEnd } from './npx-watch.mjs';
import { root } from './root.mjs';
import { fromSources } from './run.mjs';

/**
 * @param {string} name of the example
 * @param {string[]} parameters for it
 */
function start(name, parameters) {
  const child = spawn(process.execPath, [...fromSources, exampleEntry, ...parameters], {
    cwd: join(root, 'examples', name),
    stdio: 'inherit',
  });
  // A terminal also sends Ctrl-C to the child: passing it on would send it twice.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  onNpxEnd(() => child.kill('SIGTERM'));
  child.on('error', (error) => {
    console.error(`The example ${name} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('close', (code, signal) => process.exit(code ?? (signal ? 128 + constants.signals[signal] : 1)));
}

const [name, ...parameters] = process.argv.slice(2).filter((parameter) => parameter !== '--');
if (name === undefined || !exampleNames.includes(name)) {
  if (name !== undefined) console.error(`There is no example ${JSON.stringify(name)}`);
  console.error('Usage: pnpm example NAME, where NAME is one of:');
  for (const known of exampleNames) console.error(`  ${known}`);
  process.exitCode = 2;
} else {
  process.exitCode = await installDependencies({ example: name });
  if (process.exitCode === 0) start(name, parameters);
}
