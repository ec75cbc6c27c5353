import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../architecture/read-workspace.ts';
import { createNpmProject, type NpmProject } from '../packaging/npm-project.ts';
import { echoModule, runNode, writeFiles } from '../packaging/programs.ts';

const execute = promisify(execFile);

interface Runtime {
  readonly name: string;
  /** The script that its package runs after installation. */
  readonly install: string;
  readonly program: readonly string[];
  readonly tests: readonly string[];
  /** Tests that fail there; docs/runtimes.md gives the reasons. */
  readonly exceptions: string;
}

const runtimes: readonly Runtime[] = [
  { name: 'bun', install: 'install.js', program: ['run'], tests: ['--bun', 'run'], exceptions: '' },
  {
    name: 'deno',
    install: 'install.cjs',
    program: ['run', '-A'],
    tests: ['run', '-A', '--conditions=@turnout/source'],
    exceptions: 'fastify ambiguous request targets',
  },
];

// Both are npm packages, and the suite takes a minute on each.
describe.each(runtimes)('$name', ({ name, install, program, tests, exceptions }) => {
  let project: NpmProject;
  beforeAll(async () => {
    project = await createNpmProject({ express: '5.3.0', bun: '1.4.5', deno: '2.9.6' });
    await runNode(join(project.folder, 'node_modules', name), [install]);
  }, 600_000);
  afterAll(() => project?.remove());

  function run(parameters: readonly string[], cwd: string): Promise<{ stdout: string }> {
    const env = { ...process.env, NODE_OPTIONS: '', VITEST: undefined, TURNOUT_RUNTIME: name };
    return execute(join(project.folder, 'node_modules/.bin', name), parameters, { cwd, env, maxBuffer: 2 ** 26 });
  }

  test('runs a program with the installed packages', async () => {
    await writeFiles(project.folder, { 'echo.mjs': `${echoModule}console.log(await echo());process.exit();` });
    const { stdout } = await run([...program, 'echo.mjs'], project.folder);
    expect(stdout).toBe('hello\n');
  });

  test('passes the contract suite', async () => {
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/runtimes/vitest.config.ts'];
    const filter = exceptions === '' ? [] : ['-t', `^(?!${exceptions})`];
    const { stdout } = await run([...tests, ...vitest, ...filter], root);
    expect(stdout).toMatch(/Tests\s.*passed/);
  });
});
