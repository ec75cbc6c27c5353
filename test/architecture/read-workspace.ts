import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSourceModule } from './source-module.ts';
import type { TestWorkspace } from './test-imports.ts';
import type { Workspace, WorkspacePackage } from './violations.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The fields of a package.json that the tests use. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

/** The folders of all packages and examples, such as `packages/adapters/express`. */
export function packageFolders(below: readonly string[] = ['packages', 'examples']): string[] {
  return below.flatMap((folder) => {
    if (existsSync(join(root, folder, 'package.json'))) return [folder];
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    return packageFolders(entries.filter((entry) => entry.isDirectory()).map((entry) => `${folder}/${entry.name}`));
  });
}

/** The published packages. */
export function publishedFolders(): string[] {
  return packageFolders(['packages']).filter((folder) => readManifest(folder).private !== true);
}

/** Every file below `folder`, as paths from the root with forward slashes. */
export function filesBelow(folder: string): string[] {
  const absolute = join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

/** Every TypeScript file below `folder`, as paths from the root with forward slashes. */
export function sourceFiles(folder: string): string[] {
  return filesBelow(folder).filter((file) => /\.[cm]?tsx?$/.test(file));
}

/** The real repository, as input of the rules. */
export function readWorkspace(): Workspace {
  const packages = packageFolders().map(readPackage);
  const modules = packages
    .flatMap(({ folder }) => sourceFiles(`${folder}/src`))
    .map((path) => parseSourceModule(path, readFileSync(join(root, path), 'utf8')));
  return { modules, packages };
}

/** The tests of the repository, as input of the rules. */
export function readTestWorkspace(): TestWorkspace {
  const folders = [...packageFolders(), 'test'];
  const files = folders.flatMap((folder) => sourceFiles(folder === 'test' ? folder : `${folder}/test`));
  return {
    modules: files.map((path) => parseSourceModule(path, readFileSync(join(root, path), 'utf8'))),
    packages: folders.map(readPackage),
    sharedDependencies: Object.keys(readManifest('.').devDependencies ?? {}),
  };
}

function readPackage(folder: string): WorkspacePackage {
  const { name, exports = {}, ...manifest } = readManifest(folder);
  return {
    name,
    folder,
    dependencies: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
    entries: Object.keys(exports),
  };
}
