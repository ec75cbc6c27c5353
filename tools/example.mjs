// pnpm example NAME: runs one of the programs in examples/ from its sources.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { onNpxEnd } from './npx-watch.mjs';
import { root } from './root.mjs';

const entry = join('src', 'main.ts');
const names = readdirSync(join(root, 'examples')).filter((name) => existsSync(join(root, 'examples', name, entry)));

/**
 * @param {string} name of the example
 * @param {string[]} parameters for it
 */
function start(name, parameters) {
  const nodeOptions = ['--conditions=@turnout/source', '--import', 'tsx'];
  const child = spawn(process.execPath, [...nodeOptions, entry, ...parameters], {
    cwd: join(root, 'examples', name),
    stdio: 'inherit',
  });
  // A terminal sends Ctrl-C to the child as well: passing it on would make it two.
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
if (name === undefined || !names.includes(name)) {
  if (name !== undefined) console.error(`There is no example ${JSON.stringify(name)}`);
  console.error('Usage: pnpm example NAME, where NAME is one of:');
  for (const known of names) console.error(`  ${known}`);
  process.exitCode = 2;
} else {
  start(name, parameters);
}
