import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { publishedFolders, root } from '../architecture/read-workspace.ts';
import type { Manifest } from '../architecture/read-workspace.ts';
import { pack } from './pack.ts';
import type { Tarball } from './pack.ts';

const execute = promisify(execFile);

/** A project outside the repository with the packed packages installed, like a user's project. */
export interface InstalledProject {
  readonly folder: string;
  readonly tarballs: readonly Tarball[];
  remove(): Promise<void>;
}

/**
 * Packs every package and unpacks it into a new project. The dependencies of the packages, and the `extra` ones, are
 * linked from the repository, so that no network is needed.
 */
export async function installProject(extra: readonly string[] = [], parent = tmpdir()): Promise<InstalledProject> {
  const folder = await realpath(await mkdtemp(join(parent, 'turnout-installed-')));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const tarballs = await Promise.all(publishedFolders().map((source) => pack(source, folder)));
    for (const tarball of tarballs) await unpack(tarball, folder);
    for (const tarball of tarballs) await linkDependencies(tarball, folder);
    for (const name of extra) await link(name, 'test', folder);
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'a-project', private: true, type: 'module' }));
    return { folder, tarballs, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function unpack({ name, path }: Tarball, project: string): Promise<void> {
  const target = join(project, 'node_modules', name);
  await mkdir(target, { recursive: true });
  await execute('tar', ['-xzf', path, '-C', target, '--strip-components=1']);
}

async function linkDependencies({ name, folder }: Tarball, project: string): Promise<void> {
  const manifest = await readInstalledManifest(project, name);
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })) {
    await link(dependency, folder, project);
  }
}

export async function readInstalledManifest(project: string, name: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(project, 'node_modules', name, 'package.json'), 'utf8')) as Manifest;
}

/** Links a dependency of the package in `from`, or else of the root, unless the project has it already. */
async function link(name: string, from: string, project: string): Promise<void> {
  const target = join(project, 'node_modules', name);
  await mkdir(dirname(target), { recursive: true });
  const source = await realpath(join(root, from, 'node_modules', name)).catch(() =>
    realpath(join(root, 'node_modules', name)),
  );
  await symlink(source, target, 'dir').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
