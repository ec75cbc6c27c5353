import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publishedFolders, readManifest, root } from '../architecture/read-workspace.ts';

/** The fields of a package.json that a registry shows, and those for publishing. */
interface Metadata {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly homepage: string;
  readonly bugs: string;
  readonly license: string;
  readonly author: string;
  readonly repository: { readonly type: string; readonly url: string; readonly directory?: string };
  readonly engines: { readonly node: string };
  readonly publishConfig: Readonly<Record<string, unknown>>;
}

function readMetadata(folder: string): Metadata {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Metadata;
}

// The root names the repository; npm rejects a package with provenance that names another.
const workspace = readMetadata('.');

describe.each(publishedFolders())('the package.json of %s', (folder) => {
  const metadata = readMetadata(folder);

  test('links to its folder in the repository, its README and its issues', () => {
    const page = workspace.homepage.replace('#readme', '');
    expect(metadata.repository).toEqual({ ...workspace.repository, directory: folder });
    expect(metadata.homepage).toBe(`${page}/tree/main/${folder}#readme`);
    expect(metadata.bugs).toBe(workspace.bugs);
  });

  test('states its author, its license and its keywords', () => {
    expect(metadata.author).toBe(workspace.author);
    expect(metadata.license).toBe(workspace.license);
    expect(metadata.description).toMatch(/^[^\n]{20,130}$/);
    expect(metadata.keywords).toContain('websocket');
    expect(metadata.keywords.length).toBeGreaterThan(4);
    expect(metadata.keywords).toEqual([...new Set(metadata.keywords)]);
  });

  test('is published publicly, with provenance', () => {
    expect(metadata.publishConfig).toEqual({ access: 'public', provenance: true });
  });

  test('has the version and the Node.js versions of all packages', () => {
    expect(metadata.version).toBe(readMetadata('packages/core').version);
    expect(metadata.engines).toEqual(readMetadata('packages/core').engines);
  });
});

describe('what is installed with a package', () => {
  const folders = new Map(publishedFolders().map((folder) => [readManifest(folder).name, folder]));

  /** The names of its dependencies from others, and of those of our packages that it needs. */
  function installedWith(folder: string): string[] {
    const names = Object.keys(readManifest(folder).dependencies ?? {});
    const all = names.flatMap((name) => {
      const own = folders.get(name);
      return own === undefined ? [name] : installedWith(own);
    });
    return [...new Set(all)].toSorted();
  }

  test.each([
    ['packages/core', []],
    ['packages/server', ['debug']],
    ['packages/router', ['debug', 'router']],
    ['packages/adapters/express', ['debug', 'finalhandler', 'router']],
    ['packages/adapters/koa', ['debug', 'koa-compose', 'path-to-regexp']],
    ['packages/adapters/fastify', ['debug', 'fastify-plugin', 'find-my-way']],
  ])('is for %s only what runs in its apps: %j', (folder, expected) => {
    expect(installedWith(folder)).toEqual(expected);
  });
});
