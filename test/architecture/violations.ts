import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import {
  ioModules,
  maxFileLines,
  packageLayers,
  packageOrders,
  protocolFolders,
  toolUsers,
  vagueNames,
  webSocketLibraries,
} from './layers.ts';
import type { SourceImport, SourceModule } from './source-module.ts';

export interface WorkspacePackage {
  readonly name: string;
  /** From the root of the repository, with forward slashes. */
  readonly folder: string;
  /** Packages installed with it: dependencies and peers. */
  readonly dependencies: readonly string[];
  /** Packages for its types and tests only. */
  readonly devDependencies: readonly string[];
  /** The public entries, such as `.` and `./testing`. */
  readonly entries: readonly string[];
}

export interface Workspace {
  readonly modules: readonly SourceModule[];
  readonly packages: readonly WorkspacePackage[];
}

/** Lists every violation of the architecture, one per line; empty for a sound repository. */
export function findViolations(workspace: Workspace): string[] {
  const faults = workspace.modules.flatMap((module) => [
    ...fileFaults(module),
    ...module.imports.flatMap((imported) => {
      const fault = importFault(module, imported, workspace);
      return fault === undefined ? [] : [`${module.path}:${imported.line} ${fault}`];
    }),
  ]);
  return [...faults, ...findCycles(workspace)];
}

function fileFaults({ path, lineCount, isOnlyReExports }: SourceModule): string[] {
  const faults: string[] = [];
  if (vagueNames.test(path)) faults.push(`${path} has a name that says nothing`);
  if (!path.startsWith('packages/')) return faults;
  if (lineCount > maxFileLines) faults.push(`${path} has ${lineCount} lines, allowed are ${maxFileLines}`);
  if (path.endsWith('/index.ts') && !isOnlyReExports) faults.push(`${path} holds more than re-exports`);
  const [folder = ''] = path.split('/src/');
  if (rankIn(folder, path) === null) faults.push(`${path} has no place in the order of ${folder}`);
  return faults;
}

function importFault(module: SourceModule, imported: SourceImport, workspace: Workspace): string | undefined {
  const { specifier, isTypeOnly } = imported;
  if (specifier === undefined) return 'imports what is computed at run time';
  const own = packageOf(module.path, workspace);
  if (own === undefined) return 'belongs to no package of the workspace';
  if (specifier.startsWith('.')) return relativeFault(module, specifier, own, workspace);
  if (protocolFolders.test(module.path) && ioModules.test(specifier)) return `does I/O: ${specifier}`;
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? undefined : `imports ${specifier} without node:`;
  if (webSocketLibraries.test(specifier)) return `imports the WebSocket library ${specifier}`;
  const name = packageNameOf(specifier);
  const known = isTypeOnly ? [...own.dependencies, ...own.devDependencies] : own.dependencies;
  if (!known.includes(name)) return `imports ${name}, which is not a dependency of ${own.name}`;
  const target = workspace.packages.find((candidate) => candidate.name === name);
  return target && workspaceFault(specifier, own, target);
}

function relativeFault(
  module: SourceModule,
  specifier: string,
  own: WorkspacePackage,
  workspace: Workspace,
): string | undefined {
  const path = posix.join(posix.dirname(module.path), specifier);
  if (toolUsers.test(own.folder) && path.startsWith('tools/')) return undefined;
  if (!path.startsWith(`${own.folder}/src/`)) return `reaches out of its package: ${specifier}`;
  if (!workspace.modules.some((candidate) => candidate.path === path)) return `imports no source file: ${specifier}`;
  const isUpward = (rankIn(own.folder, path) ?? 0) > (rankIn(own.folder, module.path) ?? 0);
  return isUpward ? `imports upward: ${specifier}` : undefined;
}

function workspaceFault(specifier: string, own: WorkspacePackage, target: WorkspacePackage): string | undefined {
  const entry = `.${specifier.slice(target.name.length)}`;
  if (!target.entries.includes(entry)) return `imports ${specifier} by a path that is not public`;
  const layer = packageLayers.find(({ folder }) => folder.test(own.folder));
  const mayImport = layer?.mayImport.some((folder) => folder.test(target.folder)) ?? false;
  return mayImport ? undefined : `imports against the order of the packages: ${specifier}`;
}

/** Every cycle of imports, once, as `a → b → a`. */
function findCycles({ modules }: Workspace): string[] {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const done = new Set<string>();
  const cycles: string[] = [];
  function visit(path: string, trail: readonly string[]): void {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(`cycle of imports: ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const { specifier } of byPath.get(path)?.imports ?? []) {
      if (specifier?.startsWith('.')) visit(posix.join(posix.dirname(path), specifier), [...trail, path]);
    }
    done.add(path);
  }
  for (const { path } of modules) visit(path, []);
  return cycles;
}

function packageOf(path: string, { packages }: Workspace): WorkspacePackage | undefined {
  return packages.find(({ folder }) => path.startsWith(`${folder}/`));
}

/**
 * The step of a file in the order of its package, 0 in a package without an order; `null` if the order does not include
 * it.
 */
function rankIn(folder: string, path: string): number | null {
  const order = packageOrders[folder];
  if (order === undefined) return 0;
  const [head = ''] = path.slice(`${folder}/src/`.length).split('/');
  const rank = order.findIndex((step) => step.includes(head));
  return rank < 0 ? null : rank;
}

function packageNameOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier);
}
