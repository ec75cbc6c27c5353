import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publishedFolders } from '../architecture/read-workspace.ts';
import { pack } from './pack.ts';

const execute = promisify(execFile);

/** A project outside the repository with dependencies that a package manager installs from the registry. */
export interface NpmProject {
  readonly folder: string;
  /** Installs packages with npm into a subfolder, which can also import those of the project. */
  readonly install: (subfolder: string, dependencies: Readonly<Record<string, string>>) => Promise<string>;
  /** Installs with strict pnpm in a project of its own, where only listed packages can be imported. */
  readonly installStrictly: (name: string, dependencies: Readonly<Record<string, string>>) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** Packs every package and installs all of them, with `dependencies` from the registry. */
export async function createNpmProject(dependencies: Readonly<Record<string, string>>): Promise<NpmProject> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'turnout-npm-')));
  const strictFolders = await realpath(await mkdtemp(join(tmpdir(), 'turnout-pnpm-')));
  const tarballs = await Promise.all(publishedFolders().map((source) => pack(source, folder)));
  const packages = Object.fromEntries(tarballs.map(({ name, path }) => [name, `file:${path}`]));
  await npmInstall(folder, { ...packages, ...dependencies });
  return {
    folder,
    install: async (subfolder, more) => npmInstall(join(folder, subfolder), more),
    installStrictly: async (name, more) => {
      const strictFolder = join(strictFolders, name);
      await mkdir(strictFolder);
      const own = Object.keys(more).filter((dependency) => dependency in packages);
      const direct = { ...more, ...Object.fromEntries(own.map((dependency) => [dependency, packages[dependency]])) };
      await writeFile(join(strictFolder, 'package.json'), JSON.stringify({ private: true, dependencies: direct }));
      const overrides = Object.entries(packages).map(([dependency, path]) => `  '${dependency}': '${path}'\n`);
      await writeFile(join(strictFolder, 'pnpm-workspace.yaml'), `overrides:\n${overrides.join('')}`);
      await execute('npx', ['-y', 'pnpm@12.21.0', 'install', '--ignore-scripts'], { cwd: strictFolder });
      return strictFolder;
    },
    remove: async () => {
      await rm(folder, { recursive: true, force: true });
      await rm(strictFolders, { recursive: true, force: true });
    },
  };
}

async function npmInstall(folder: string, dependencies: Readonly<Record<string, string>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await execute('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, maxBuffer: 2 ** 24 });
  return folder;
}
