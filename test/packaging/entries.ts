import { readManifest } from '../architecture/read-workspace.ts';

/** The import paths of a package, without its name: `.` and subpaths such as `./adapter`. */
export function entryPaths(folder: string): string[] {
  return Object.keys(readManifest(folder).exports ?? {}).filter((path) => path !== './package.json');
}

/** The import specifiers of its entries: `@turnout/router`, `@turnout/router/adapter`. */
export function specifiers(folder: string): string[] {
  return entryPaths(folder).map((path) => `${readManifest(folder).name}${path.slice(1)}`);
}

/** The names of their files in `dist`, and of their modules in `src`. */
export function entryNames(folder: string): string[] {
  return entryPaths(folder).map((path) => (path === '.' ? 'index' : path.slice('./'.length)));
}
