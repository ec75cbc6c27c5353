import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, test } from 'vitest';
import { filesBelow, publishedFolders, readManifest } from '../architecture/read-workspace.ts';
import { ApiReport } from './api-report.ts';
import { entryNames } from './entries.ts';
import { readInstalledManifest } from './installed-project.ts';
import type { InstalledProject } from './installed-project.ts';
import type { Tarball } from './pack.ts';
import { packingTimeout, sharedProject } from './shared-project.ts';

const execute = promisify(execFile);
const attw = join(
  dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')),
  'dist/index.js',
);

/** Like Node.js before 20.19, and like Jest, which has its own require(). */
const withoutRequireOfModules = ['--no-experimental-require-module'];

let project: InstalledProject;
let api: ApiReport;
beforeAll(async () => {
  project = await sharedProject();
  api = new ApiReport();
}, packingTimeout);

describe.each(publishedFolders())('the tarball of %s', (folder) => {
  const { name } = readManifest(folder);

  function tarball(): Tarball {
    const found = project.tarballs.find((candidate) => candidate.folder === folder);
    if (found === undefined) throw new Error(`${folder} was not packed`);
    return found;
  }

  test('contains the code, its types, its sources and the documents, and nothing else', () => {
    const sources = filesBelow(`${folder}/src`).map((file) => file.slice(`${folder}/`.length));
    const types = sources
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.replace(/^src\//, 'dist/types/').replace(/\.ts$/, '.d.ts'));
    const code = entryNames(folder).flatMap((entry) => [
      `dist/${entry}.js`,
      `dist/${entry}.mjs`,
      `dist/types/${entry}.d.mts`,
    ]);
    const documents = ['LICENSE', 'README.md', 'dist/package.json', 'package.json'];
    // Code shared by entries is in separate files, and so is code for pages.
    const files = tarball().files.filter((file) => !/^dist\/(shared-[a-z-]+\.js|[a-z]+\.browser\.mjs)$/.test(file));
    expect(files).toEqual([...sources, ...types, ...code, ...documents].toSorted());
  });

  test('lists its dependencies with versions of a registry', async () => {
    const manifest = await readInstalledManifest(project.folder, name);
    const ranges = { ...manifest.dependencies, ...manifest.peerDependencies, ...manifest.optionalDependencies };
    for (const [dependency, range] of Object.entries(ranges))
      expect(range, dependency).toMatch(/^[\^~]?\d+\.\d+\.\d+( \|\| \^\d+\.\d+\.\d+)*$/);
  });

  test('satisfies publint', async () => {
    const bytes = await readFile(tarball().path);
    const content = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: content }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('gives every module resolution its types', async () => {
    // It exits with 1, and so rejects, if the types and the code of a resolution do not agree.
    const { stdout } = await execute(process.execPath, [attw, tarball().path, '--profile', 'strict', '--no-emoji']);
    expect(stdout).toContain('No problems found');
  });

  describe.each(entryNames(folder))('with its entry %s', (entry) => {
    const specifier = entry === 'index' ? name : `${name}/${entry}`;

    test('is imported by plain Node.js from compiled code', async () => {
      const values = await runtimeNames(`await import('${specifier}')`, 'module');
      expect(values).toEqual(api.values(folder, entry));
    });

    test('is loaded by require(), even if that does not support ES modules', async () => {
      const values = await runtimeNames(`require('${specifier}')`, 'commonjs');
      expect(values).toEqual(api.values(folder, entry));
    });

    test('exports exactly the recorded signatures', async () => {
      const path = [folder.replace('packages/', '').replaceAll('/', '-'), entry].join('.');
      await expect(api.text(folder, entry)).toMatchFileSnapshot(`api/${path}.txt`);
    });
  });
});

async function runtimeNames(code: string, inputType: 'module' | 'commonjs'): Promise<string[]> {
  const program = `console.log(JSON.stringify(Object.keys(${code})))`;
  const parameters = [`--input-type=${inputType}`, '--no-warnings', ...withoutRequireOfModules, '-e', program];
  const { stdout } = await execute(process.execPath, parameters, { cwd: project.folder, env: plainEnvironment() });
  const names = JSON.parse(stdout) as string[];
  return names.filter((name) => name !== 'default' && name !== 'module.exports').toSorted();
}

/** Without the test run's options of Node.js, such as conditions. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: '' };
}
