import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { internalsReachedByTests, sharedWithTests } from './layers.ts';
import type { SourceModule } from './source-module.ts';
import type { WorkspacePackage } from './violations.ts';

export interface TestWorkspace {
  /** The modules of tests: of the packages, of the examples, and those that cross packages. */
  readonly modules: readonly SourceModule[];
  readonly packages: readonly WorkspacePackage[];
  /** Packages that all tests may import: the development dependencies of the repository. */
  readonly sharedDependencies: readonly string[];
}

/**
 * Lists every forbidden import of tests, one per line. The tests of a package may import its internals, and other
 * packages by their public entries; tests of several packages may import no internals.
 */
export function findTestViolations(workspace: TestWorkspace): string[] {
  return workspace.modules.flatMap((module) => {
    const owner = ownerOf(module.path, workspace);
    if (owner === undefined) return [`${module.path} belongs to no package of the workspace`];
    return module.imports.flatMap(({ specifier, line }) => {
      if (specifier === undefined) return [];
      const fault = specifier.startsWith('.')
        ? relativeFault(module.path, specifier, owner)
        : packageFault(specifier, owner, workspace);
      return fault === undefined ? [] : [`${module.path}:${line} ${fault}`];
    });
  });
}

function ownerOf(path: string, { packages }: TestWorkspace): WorkspacePackage | undefined {
  return packages.find(({ folder }) => path.startsWith(`${folder}/`));
}

function relativeFault(path: string, specifier: string, owner: WorkspacePackage): string | undefined {
  const target = posix.join(posix.dirname(path), specifier);
  if (target.startsWith(`${owner.folder}/`)) return undefined;
  if (sharedWithTests(owner.folder).some((folder) => target.startsWith(`${folder}/`))) return undefined;
  if (internalsReachedByTests[path]?.some((folder) => target.startsWith(`${folder}/`))) return undefined;
  return `reaches out of ${owner.name}: ${specifier}`;
}

function packageFault(specifier: string, owner: WorkspacePackage, workspace: TestWorkspace): string | undefined {
  if (specifier.startsWith('node:') || builtinModules.includes(specifier)) return undefined;
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const known = [owner.name, ...owner.dependencies, ...owner.devDependencies, ...workspace.sharedDependencies];
  if (!known.includes(name)) return `imports ${name}, which is not a dependency of ${owner.name}`;
  const target = workspace.packages.find((candidate) => candidate.name === name);
  if (target === undefined || isEntry(`.${specifier.slice(name.length)}`, target)) return undefined;
  return `imports ${specifier} by a path that is not public`;
}

function isEntry(entry: string, { entries }: WorkspacePackage): boolean {
  return entries.some((known) => (known.endsWith('/*') ? entry.startsWith(known.slice(0, -1)) : entry === known));
}
