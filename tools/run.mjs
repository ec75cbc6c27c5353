import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** @typedef {{ env?: NodeJS.ProcessEnv, cwd?: string, stdin?: 'inherit' | 'ignore' }} RunOptions */

/** The options of Node.js that run TypeScript on the sources of the packages. */
export const fromSources = ['--conditions=@turnout/source', '--import', 'tsx'];

/**
 * Runs a program with our stdout and stderr, by default in the root, and resolves to its exit code.
 * A program that was ended by a signal, or could not be started, counts as 1.
 *
 * @param {string} program
 * @param {string[]} parameters
 * @param {RunOptions} [options]
 * @returns {Promise<number>}
 */
export function run(program, parameters, { env = process.env, cwd = root, stdin = 'inherit' } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, parameters, { cwd, env, stdio: [stdin, 'inherit', 'inherit'] });
    child.on('error', (error) => {
      console.error(`${program} could not be started: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * Runs the program of a development dependency of the root, without a shell, so that it works the same on every system.
 *
 * @param {string} name of the dependency, and of its program unless `bin` is set
 * @param {string[]} parameters
 * @param {RunOptions & { bin?: string }} [options]
 */
export function runDependency(name, parameters, { bin = name, ...options } = {}) {
  const folder = join(root, 'node_modules', name);
  if (!existsSync(folder)) {
    console.error(`${name} is not installed: run "npx -y pnpm@12.21.0 install" first`);
    return Promise.resolve(1);
  }
  const bins = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).bin;
  const script = typeof bins === 'string' ? bins : bins[bin];
  return run(process.execPath, [join(folder, script), ...parameters], options);
}
