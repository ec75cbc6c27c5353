// pnpm scratch FILE: runs a program, wherever it is, against the sources; it may import whatever the tests may.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installDependencies } from './install-dependencies.mjs';
import { root } from './root.mjs';
import { fromSources, run } from './run.mjs';

const [file, ...parameters] = process.argv.slice(2).filter((parameter) => parameter !== '--');
if (file === undefined || !existsSync(file)) {
  console.error(file === undefined ? 'Usage: pnpm scratch FILE' : `There is no file ${JSON.stringify(file)}`);
  process.exitCode = 2;
} else {
  const hooks = new URL('resolve-from-tests.mjs', import.meta.url).href;
  const program = [...fromSources, '--import', hooks, resolve(file), ...parameters];
  // The hooks are for import, the variable is for require().
  const env = { ...process.env, NODE_PATH: join(root, 'test/node_modules') };
  process.exitCode = (await installDependencies()) || (await run(process.execPath, program, { env }));
}
