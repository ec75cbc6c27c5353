import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesBelow, publishedFolders, readManifest } from '../architecture/read-workspace.ts';
import { entryNames } from './entries.ts';
import { exportedNames } from './exported-names.ts';
import { installProject, readInstalledManifest } from './installed-project.ts';
import type { InstalledProject } from './installed-project.ts';
import type { Tarball } from './pack.ts';

const execute = promisify(execFile);
const attw = join(
  dirname(createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')),
  'dist/index.js',
);

let project: InstalledProject;
beforeAll(async () => {
  project = await installProject();
});
afterAll(() => project?.remove());

describe.each(publishedFolders())('the tarball of %s', (folder) => {
  const { name } = readManifest(folder);

  function tarball(): Tarball {
    const found = project.tarballs.find((candidate) => candidate.folder === folder);
    if (found === undefined) throw new Error(`${folder} was not packed`);
    return found;
  }

  test('holds the code, its types, its sources and the documents, and nothing else', () => {
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
    // What entries share is in files of its own.
    const files = tarball().files.filter((file) => !/^dist\/shared-[a-z-]+\.js$/.test(file));
    expect(files).toEqual([...sources, ...types, ...code, ...documents].toSorted());
  });

  test('names its dependencies by versions that a registry knows', async () => {
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
    // It exits with 1, and so rejects, where the types and the code of a resolution do not agree.
    const { stdout } = await execute(process.execPath, [attw, tarball().path, '--profile', 'strict', '--no-emoji']);
    expect(stdout).toContain('No problems found');
  });

  test('is imported by plain Node.js from what was compiled', async () => {
    const values = await runtimeNames(`console.log(JSON.stringify(Object.keys(await import('${name}'))))`, 'module');
    expect(values.toSorted()).toEqual(exportedValues());
  });

  test('is loaded by require()', async () => {
    const values = await runtimeNames(`console.log(JSON.stringify(Object.keys(require('${name}'))))`, 'commonjs');
    expect(values.filter((value) => value !== '__esModule').toSorted()).toEqual(exportedValues());
  });

  test('exports the names that are written down, and no others', async () => {
    const list = `${exportedNames(folder).join('\n')}\n`;
    await expect(list).toMatchFileSnapshot(`exported-names/${folder.replaceAll('/', '-')}.txt`);
  });

  function exportedValues(): string[] {
    return exportedNames(folder)
      .filter((line) => line.startsWith('value '))
      .map((line) => line.slice('value '.length));
  }
});

async function runtimeNames(code: string, inputType: 'module' | 'commonjs'): Promise<string[]> {
  const parameters = [`--input-type=${inputType}`, '--no-warnings', '-e', code];
  const { stdout } = await execute(process.execPath, parameters, { cwd: project.folder, env: plainEnvironment() });
  return JSON.parse(stdout) as string[];
}

/** Without what the test run tells Node.js, such as conditions. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, NODE_OPTIONS: '' };
}
