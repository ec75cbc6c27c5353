import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNpmProject, type NpmProject } from './npm-project.ts';
import { echoModule, echoProgram, runNode, writeFiles } from './programs.ts';
import * as programs from './type-programs.ts';
import { bundler, commonjs, node10, node16, nodenext, tsconfig, type Compilation } from './type-programs.ts';

const dependencies = {
  '@types/express': '5.0.6',
  '@types/koa': '3.0.3',
  express: '5.3.0',
  fastify: '5.12.8',
  koa: '3.3.0',
};

const commonJsTest = `${echoProgram}
  test('echo', async () => expect(await echo()).toBe('hello'));`;
const moduleTest = `${echoModule}
  test('echo', async () => expect(await echo()).toBe('hello'));`;
/** With types that TypeScript cannot infer. */
const typedEcho = echoModule
  .replace('new Promise((', 'new Promise<void>((')
  .replace('server.address().port', '(server.address() as { port: number }).port');
const typescript = `${typedEcho}
  const answer: string = String(await echo());
  console.log(answer);`;

/**
 * The errors that a compiler finds in the programs and in our declarations. Those of other packages (`@types/koa`,
 * `@nats-io/nats-core`) have faults of their own without `skipLibCheck`.
 */
async function ownFaults(folder: string, compiler: string): Promise<string[]> {
  const output = await runNode(folder, [compiler, '-p', '.']).catch((error: Error) => error.message);
  const faults = output.split('\n').filter((line) => /: error TS\d+:/.test(line));
  if (output !== '' && faults.length === 0) throw new Error(output);
  return faults.filter((line) => !/^(\.\.\/)*node_modules\/(?!@turnout\/)/.test(line));
}

// With npm and pnpm from the registry: the fast tests, which need no network, are in loading.test.ts and types.test.ts.
describe('in a new project', () => {
  let project: NpmProject;
  beforeAll(async () => {
    project = await createNpmProject(dependencies);
  }, 600_000);
  afterAll(() => project?.remove());

  test.each(['29.7.0', '30.5.2'])('Jest %s loads the packages as CommonJS and as ES modules', async (version) => {
    const folder = await project.install(`jest-${version}`, { jest: version });
    await writeFiles(folder, {
      'commonjs.test.cjs': commonJsTest,
      'module.test.mjs': moduleTest,
      'jest.config.json': JSON.stringify({ testMatch: ['**/*.test.?js'], transform: {}, testEnvironment: 'node' }),
    });
    const parameters = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--ci'];
    await expect(runNode(folder, parameters)).resolves.toBeDefined();
  });

  test('Vitest loads them', async () => {
    const folder = await project.install('vitest', { vitest: '4.1.12' });
    await writeFiles(folder, { 'echo.test.mjs': `import { expect, test } from 'vitest';${moduleTest}` });
    expect(await runNode(folder, ['node_modules/vitest/vitest.mjs', 'run', '--root', '.'])).toMatch(/1 passed/);
  });

  test('tsx runs a program of either kind', async () => {
    const folder = await project.install('tsx', { tsx: '4.23.15' });
    await writeFiles(folder, {
      'program.mts': typescript,
      'program.ts': `${typedEcho}void echo().then((answer: unknown) => console.log(answer));`,
    });
    for (const file of ['program.mts', 'program.ts']) {
      expect(await runNode(folder, ['node_modules/tsx/dist/cli.mjs', file])).toBe('hello\n');
    }
  });

  test('ts-node runs a program', async () => {
    const folder = await project.install('ts-node', {
      'ts-node': '10.9.2',
      typescript: '5.9.3',
      '@types/node': '20.19.0',
    });
    await writeFiles(folder, {
      'tsconfig.json': JSON.stringify({
        compilerOptions: { module: 'commonjs', esModuleInterop: true, strict: false },
      }),
      'program.ts': `${typedEcho}void echo().then((answer: unknown) => console.log(answer));`,
    });
    expect(await runNode(folder, ['node_modules/ts-node/dist/bin.js', 'program.ts'])).toBe('hello\n');
  });

  test('webpack bundles a program with one copy of modules that are loaded both ways', async () => {
    const folder = await project.install('webpack', { webpack: '5.113.0' });
    await writeFiles(folder, {
      'entry.js': `${echoModule}import { WebSocket } from '@turnout/core';import { other } from './other.cjs';
        console.log(WebSocket === other);echo().then(console.log);`,
      'other.cjs': `exports.other = require('@turnout/core').WebSocket;`,
      'build.cjs': `require('webpack')({ entry: './entry.js', target: 'node', mode: 'production' }, (error, stats) => {
        if (error || stats.hasErrors()) throw error ?? new Error(stats.toString());
      });`,
    });
    await runNode(folder, ['build.cjs']);
    expect(await runNode(folder, ['dist/main.js'])).toBe('true\nhello\n');
  });

  describe.each(['20.19.0', '26.6.6'])('with @types/node %s', (nodeTypes) => {
    // A separate project: another installed version would hide it from the declarations of the other packages.
    let own: NpmProject;
    beforeAll(async () => {
      own = await createNpmProject({
        ...dependencies,
        '@types/node': nodeTypes,
        typescript5: 'npm:typescript@5.9.3',
        typescript7: 'npm:typescript@7.0.2',
      });
    }, 600_000);
    afterAll(() => own?.remove());

    test.each<[string, Compilation]>([
      ['typescript5', nodenext],
      ['typescript5', node16],
      ['typescript5', bundler],
      ['typescript5', node10],
      ['typescript7', nodenext],
      ['typescript7', node16],
      ['typescript7', bundler],
      ['typescript7', commonjs],
    ])('%s compiles programs with %o', async (compiler, compilation) => {
      const folder = join(own.folder, `${compiler}-${compilation.module}`);
      const isModule = compilation.type === 'module';
      await writeFiles(folder, {
        'package.json': JSON.stringify({ type: compilation.type }),
        'tsconfig.json': tsconfig(compilation),
        'plain.ts': programs.plainProgram,
        'express.ts': isModule ? programs.expressModule : programs.expressProgram,
        'frameworks.ts': programs.frameworksModule,
        // The declarations of the NATS client need a resolution that supports subpaths.
        ...(compilation.resolution !== 'node10' && { 'nats.ts': programs.natsModule }),
      });
      const program = join(own.folder, 'node_modules', compiler, 'bin/tsc');
      expect(await ownFaults(folder, program)).toEqual([]);
    });
  });

  test('a pnpm project with only @turnout/express compiles and runs', async () => {
    const folder = await project.installStrictly('express', {
      '@turnout/express': '',
      '@types/express': '5.0.6',
      '@types/node': '26.6.6',
      express: '5.3.0',
      typescript: '7.0.2',
    });
    await writeFiles(folder, {
      'package.json': JSON.stringify({ private: true, type: 'module' }),
      'tsconfig.json': tsconfig(nodenext),
      'program.ts': programs.expressModule,
      'run.mjs': `
        import express from 'express';
        import { turnout, WebSocket } from '@turnout/express';
        const app = turnout(express());
        app.ws('/', (socket) => console.log(socket instanceof WebSocket));
        const server = app.listen(0, '127.0.0.1', () => {
          const client = new globalThis.WebSocket('ws://127.0.0.1:' + server.address().port);
          client.onopen = () => setTimeout(() => process.exit(), 100);
        });`,
    });
    expect(await runNode(folder, ['node_modules/typescript/bin/tsc', '-p', '.'])).toBe('');
    expect(await runNode(folder, ['--experimental-websocket', 'run.mjs'])).toBe('true\n');
  });

  test.each(['koa', 'fastify'] as const)('a project with @turnout/%s alone has no router installed', async (name) => {
    const folder = await project.installStrictly(name, { [`@turnout/${name}`]: '', [name]: dependencies[name] });
    const installed = await readdir(join(folder, 'node_modules/.pnpm'));
    expect(installed.some((entry) => entry.startsWith('@turnout+server@'))).toBe(true);
    expect(installed.filter((entry) => /^(@turnout\+)?router@/.test(entry))).toEqual([]);
    const program = `import('@turnout/${name}').then(({ turnout }) => console.log(typeof turnout))`;
    expect(await runNode(folder, ['-e', program])).toBe('function\n');
  });
});
