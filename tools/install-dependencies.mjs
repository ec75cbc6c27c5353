import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { run } from './run.mjs';

/**
 * Installs the dependencies of the lockfile: all of them, or only those of one example, so that a visitor's demo does
 * not install the tools of maintainers. It takes about 10 ms if nothing is missing. A tool that pnpm did not start
 * installs nothing: its caller is expected to have installed them.
 *
 * A framework that is an adapter's peer is installed with it only if it is not also among its devDependencies.
 *
 * @param {{ example?: string }} [options]
 * @returns {Promise<number>} the exit code of pnpm
 */
export function installDependencies({ example } = {}) {
  const { npm_config_user_agent: agent = '', npm_execpath: pnpm } = process.env;
  if (!agent.startsWith('pnpm/') || pnpm === undefined) return Promise.resolve(0);
  // An installation for an example would remove the tools again.
  const hasTools = existsSync(join(root, 'node_modules/vitest'));
  const scope = example === undefined || hasTools ? [] : ['--prod', '--filter-prod', `@turnout/example-${example}...`];
  const quiet = hasTools ? ['--loglevel=error'] : [];
  const [program, ...script] = /\.[cm]?js$/.test(pnpm) ? [process.execPath, pnpm] : [pnpm];
  return run(program, [...script, 'install', ...scope, ...quiet]);
}
