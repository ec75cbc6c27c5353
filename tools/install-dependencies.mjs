import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { run } from './run.mjs';

/**
 * Installs what the lockfile asks for: all of it, or only what one example runs with, so that a visitor's demo does
 * not bring the tools of maintainers. It takes some 10 ms where nothing is missing. A tool that pnpm did not start
 * installs nothing: whoever calls it by hand has installed.
 *
 * A framework that an adapter has for a peer comes with it only as long as it is not among its devDependencies, too.
 *
 * @param {{ example?: string }} [options]
 * @returns {Promise<number>} the exit code of pnpm
 */
export function installDependencies({ example } = {}) {
  const { npm_config_user_agent: agent = '', npm_execpath: pnpm } = process.env;
  if (!agent.startsWith('pnpm/') || pnpm === undefined) return Promise.resolve(0);
  // An installation for an example would take the tools away again.
  const hasTools = existsSync(join(root, 'node_modules/vitest'));
  const scope = example === undefined || hasTools ? [] : ['--prod', '--filter-prod', `@turnout/example-${example}...`];
  const quiet = hasTools ? ['--loglevel=error'] : [];
  const [program, ...script] = /\.[cm]?js$/.test(pnpm) ? [process.execPath, pnpm] : [pnpm];
  return run(program, [...script, 'install', ...scope, ...quiet]);
}
