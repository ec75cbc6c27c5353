import { describe, expect, test } from 'vitest';
import { packageFolders, readManifest, readTestWorkspace, readWorkspace } from './architecture/read-workspace.ts';
import { parseSourceModule } from './architecture/source-module.ts';
import { findTestViolations } from './architecture/test-imports.ts';
import { findViolations } from './architecture/violations.ts';
import { packageLayers, webSocketLibraries } from './architecture/layers.ts';
import type { WorkspacePackage } from './architecture/violations.ts';

describe('the repository', () => {
  test('keeps every rule of the architecture', () => {
    const workspace = readWorkspace();
    expect(workspace.modules.length).toBeGreaterThan(0);
    expect(findViolations(workspace)).toEqual([]);
  });

  test('has tests that import the internals only of their own package', () => {
    const workspace = readTestWorkspace();
    expect(workspace.modules.length).toBeGreaterThan(300);
    expect(findTestViolations(workspace)).toEqual([]);
  });

  test('has no package outside the order', () => {
    const folders = packageFolders();
    expect(folders).toEqual(expect.arrayContaining(['packages/core', 'packages/server', 'packages/adapters/express']));
    expect(folders.filter((folder) => !packageLayers.some((layer) => layer.folder.test(folder)))).toEqual([]);
  });

  test('has a core without dependencies', () => {
    const { dependencies, peerDependencies, optionalDependencies } = readManifest('packages/core');
    expect({ ...dependencies, ...peerDependencies, ...optionalDependencies }).toEqual({});
  });

  test('uses no other WebSocket library', () => {
    for (const folder of packageFolders()) {
      const { dependencies, peerDependencies } = readManifest(folder);
      const names = Object.keys({ ...dependencies, ...peerDependencies });
      expect(names.filter((name) => webSocketLibraries.test(name))).toEqual([]);
    }
  });
});

function madeUp(name: string, folder: string, dependencies: readonly string[] = []): WorkspacePackage {
  return { name, folder, dependencies, devDependencies: ['vitest'], entries: ['.'] };
}

// A checker that never fails proves nothing: each rule is broken once in a made-up repository.
describe('the checker', () => {
  const packages: WorkspacePackage[] = [
    madeUp('@made/core', 'packages/core'),
    madeUp('@made/server', 'packages/server', ['@made/core', '@made/express']),
    madeUp('@made/router', 'packages/router', ['@made/core', '@made/server', 'router']),
    madeUp('@made/express', 'packages/adapters/express', ['@made/core', '@made/router', 'express', 'ws']),
    madeUp('@made/koa', 'packages/adapters/koa', ['@made/core', '@made/server', '@made/router']),
    madeUp('@made/topics', 'packages/topics', ['@made/core']),
    madeUp('@made/chat', 'examples/chat', ['@made/express', 'ws']),
  ];

  /** Violations of a repository that consists of these files, without the file's name and line. */
  function check(files: Readonly<Record<string, string>>): string[] {
    const modules = Object.entries(files).map(([path, text]) => parseSourceModule(path, text));
    return findViolations({ modules, packages }).map((fault) => fault.replace(/^\S+:\d+ /, ''));
  }

  test('accepts imports that run downward', () => {
    const faults = check({
      'packages/core/src/errors.ts': 'export class Fault extends Error {}',
      'packages/core/src/frame/parser.ts': "import { Fault } from '../errors.ts';\nexport const parser = Fault;",
      'packages/core/src/socket/socket.ts': "import 'node:stream';\nexport * from '../frame/parser.ts';",
      'packages/core/src/index.ts':
        "/** Core. */\nexport { parser } from './frame/parser.ts';\nexport type * from './errors.ts';",
      'packages/router/src/routes/router.ts':
        "import { parser } from '@made/core';\nexport const router = parser;\nimport type { Test } from 'vitest';",
      'examples/chat/src/main.ts': "import { app } from '@made/express';\nawait app();",
    });
    expect(faults).toEqual([]);
  });

  test.each<{ rule: string; path: string; text: string; fault: string }>([
    {
      rule: 'an import that runs up inside core',
      path: 'packages/core/src/frame/a.ts',
      text: "import '../socket/target.ts';",
      fault: 'imports upward: ../socket/target.ts',
    },
    {
      rule: 'an upward import of a type alone',
      path: 'packages/core/src/frame/a.ts',
      text: "import type { T } from '../socket/target.ts';",
      fault: 'imports upward: ../socket/target.ts',
    },
    {
      rule: 'an upward import inside a type',
      path: 'packages/core/src/frame/a.ts',
      text: "export type A = import('../socket/target.ts').T;",
      fault: 'imports upward: ../socket/target.ts',
    },
    {
      rule: 'an upward import at run time',
      path: 'packages/core/src/frame/a.ts',
      text: "export const a = () => import('../socket/target.ts');",
      fault: 'imports upward: ../socket/target.ts',
    },
    {
      rule: 'an import that runs up inside topics',
      path: 'packages/topics/src/bus/a.ts',
      text: "import '../feed/target.ts';",
      fault: 'imports upward: ../feed/target.ts',
    },
    {
      rule: 'an import that runs up inside server',
      path: 'packages/server/src/upgrade/a.ts',
      text: "import '../server/target.ts';",
      fault: 'imports upward: ../server/target.ts',
    },
    {
      rule: 'a computed import',
      path: 'packages/core/src/socket/a.ts',
      text: 'export const a = (name: string) => import(name);',
      fault: 'imports what is computed at run time',
    },
    {
      rule: 'a re-export that runs up',
      path: 'packages/core/src/message/a.ts',
      text: "export { target } from '../socket/target.ts';",
      fault: 'imports upward: ../socket/target.ts',
    },
    {
      rule: 'input and output in a protocol folder',
      path: 'packages/core/src/protocol/a.ts',
      text: "import { setTimeout } from 'node:timers/promises';",
      fault: 'does I/O: node:timers/promises',
    },
    {
      rule: 'a dependency of core',
      path: 'packages/core/src/socket/a.ts',
      text: "import 'mitt';",
      fault: 'imports mitt, which is not a dependency of @made/core',
    },
    {
      rule: 'a development dependency in published code',
      path: 'packages/server/src/server/a.ts',
      text: "import 'vitest';",
      fault: 'imports vitest, which is not a dependency of @made/server',
    },
    {
      rule: 'a builtin without its prefix',
      path: 'packages/server/src/server/a.ts',
      text: "import 'http';",
      fault: 'imports http without node:',
    },
    {
      rule: 'a server that knows an adapter',
      path: 'packages/server/src/server/a.ts',
      text: "import '@made/express';",
      fault: 'imports against the order of the packages: @made/express',
    },
    {
      rule: 'the router of Express in the server, which is for every framework',
      path: 'packages/server/src/upgrade/a.ts',
      text: "import type Router from 'router';",
      fault: 'imports router, which is not a dependency of @made/server',
    },
    {
      rule: 'the router of Express in the adapter of another framework',
      path: 'packages/adapters/koa/src/a.ts',
      text: "import '@made/router';",
      fault: 'imports against the order of the packages: @made/router',
    },
    {
      rule: 'a deep path into another package',
      path: 'packages/server/src/server/a.ts',
      text: "import '@made/core/src/errors.ts';",
      fault: 'imports @made/core/src/errors.ts by a path that is not public',
    },
    {
      rule: 'a relative path out of the package',
      path: 'packages/server/src/server/a.ts',
      text: "import '../../../core/src/socket/target.ts';",
      fault: 'reaches out of its package: ../../../core/src/socket/target.ts',
    },
    {
      rule: 'a relative path to no file',
      path: 'packages/server/src/server/a.ts',
      text: "import './nowhere.ts';",
      fault: 'imports no source file: ./nowhere.ts',
    },
    {
      rule: 'another WebSocket library',
      path: 'examples/chat/src/main.ts',
      text: "import { WebSocketServer } from 'ws';",
      fault: 'imports the WebSocket library ws',
    },
    {
      rule: 'a file outside every package',
      path: 'packages/stray/src/a.ts',
      text: "import 'node:fs';",
      fault: 'belongs to no package of the workspace',
    },
    {
      rule: 'a file that has no step in core',
      path: 'packages/core/src/extra.ts',
      text: '',
      fault: 'packages/core/src/extra.ts has no place in the order of packages/core',
    },
    {
      rule: 'an index with code of its own',
      path: 'packages/server/src/index.ts',
      text: 'export const a = 1;',
      fault: 'packages/server/src/index.ts holds more than re-exports',
    },
    {
      rule: 'a name that says nothing',
      path: 'packages/server/src/server/path-utils/types.ts',
      text: '',
      fault: 'packages/server/src/server/path-utils/types.ts has a name that says nothing',
    },
    {
      rule: 'a file that is too long',
      path: 'packages/server/src/server/a.ts',
      text: '//\n'.repeat(301),
      fault: 'packages/server/src/server/a.ts has 301 lines, allowed are 300',
    },
  ])('refuses $rule', ({ path, text, fault }) => {
    const targets = {
      'packages/core/src/socket/target.ts': '',
      'packages/topics/src/feed/target.ts': '',
      'packages/server/src/server/target.ts': '',
    };
    expect(check({ ...targets, [path]: text })).toEqual([fault]);
  });

  test('rejects a cycle of imports', () => {
    const faults = check({
      'packages/server/src/server/a.ts': "import './b.ts';",
      'packages/server/src/server/b.ts': "import './c.ts';",
      'packages/server/src/server/c.ts': "import type { A } from './a.ts';",
    });
    expect(faults).toEqual([
      'cycle of imports: packages/server/src/server/a.ts → packages/server/src/server/b.ts → packages/server/src/server/c.ts → packages/server/src/server/a.ts',
    ]);
  });

  test('does not mistake a comment, a string or a regular expression for an import', () => {
    const text = [
      "// import '../socket/target.ts';",
      'export const a = "import \'../socket/target.ts\'";',
      'export const b = /import("x")/;',
      "export const c = `export * from '../socket/target.ts'`;",
    ].join('\n');
    expect(check({ 'packages/core/src/frame/a.ts': text })).toEqual([]);
  });

  test('names the file and the line', () => {
    const modules = [parseSourceModule('packages/core/src/socket/a.ts', "//\n\nimport 'mitt';")];
    expect(findViolations({ modules, packages })).toEqual([
      'packages/core/src/socket/a.ts:3 imports mitt, which is not a dependency of @made/core',
    ]);
  });
});

describe('the checker of tests', () => {
  const packages: WorkspacePackage[] = [
    madeUp('@made/core', 'packages/core'),
    { ...madeUp('@made/router', 'packages/router', ['@made/core']), devDependencies: ['@made/test-kit'] },
    { ...madeUp('@made/test-kit', 'packages/test-kit'), entries: ['./*'] },
    { ...madeUp('@made/test', 'test'), devDependencies: ['@made/core', '@made/test-kit'] },
    madeUp('@made/chat', 'examples/chat'),
  ];

  function check(path: string, text: string): string[] {
    const modules = [parseSourceModule(path, text)];
    return findTestViolations({ modules, packages, sharedDependencies: ['vitest'] });
  }

  test.each([
    ['packages/router/test/a.test.ts', "import '../src/index.ts';\nimport './b.ts';\nimport '@made/core';"],
    ['packages/router/test/a.test.ts', "import 'node:fs';\nimport 'vitest';\nimport '@made/router';"],
    ['packages/router/test/a/b.test.ts', "import '@made/test-kit/frame';\nimport '../../../../tools/ports.mjs';"],
    ['test/browser/a.test.ts', "import '../../examples/chat/test/running-chat.ts';\nimport '../fuzz/b.ts';"],
    ['test/simulation/seeded-faults/code-faults.ts', "import '../../../packages/topics/src/feed/a.ts';"],
  ])('lets %s import its own, shared and public modules', (path, text) => {
    expect(check(path, text)).toEqual([]);
  });

  test.each([
    [
      'the internals of another package',
      'packages/router/test/a.test.ts',
      "import '../../core/src/errors.ts';",
      'reaches out of @made/router: ../../core/src/errors.ts',
    ],
    [
      'the tests of another package',
      'packages/router/test/a.test.ts',
      "import type { A } from '../../core/test/b.ts';",
      'reaches out of @made/router: ../../core/test/b.ts',
    ],
    [
      'the tests that cross packages',
      'packages/router/test/a.test.ts',
      "import '../../../test/abuse/b.ts';",
      'reaches out of @made/router: ../../../test/abuse/b.ts',
    ],
    [
      'the internals of a package from outside',
      'test/fuzz/a.test.ts',
      "const load = () => import('../../packages/core/src/errors.ts');",
      'reaches out of @made/test: ../../packages/core/src/errors.ts',
    ],
    [
      'the tests of a package from an example',
      'examples/chat/test/a.test.ts',
      "import '../../../packages/core/test/b.ts';",
      'reaches out of @made/chat: ../../../packages/core/test/b.ts',
    ],
    [
      'a package by a path that is not public',
      'test/fuzz/a.test.ts',
      "import '@made/core/src/errors.ts';",
      'imports @made/core/src/errors.ts by a path that is not public',
    ],
    [
      'a package that is not installed for it',
      'packages/core/test/a.test.ts',
      "import '@made/router';",
      'imports @made/router, which is not a dependency of @made/core',
    ],
  ])('rejects %s', (_rule, path, text, fault) => {
    expect(check(path, text)).toEqual([`${path}:1 ${fault}`]);
  });

  test('rejects a kit that imports a higher layer', () => {
    const kit = madeUp('@made/test-kit', 'packages/test-kit', ['@made/topics']);
    const workspace = {
      modules: [parseSourceModule('packages/test-kit/src/a.ts', "import '@made/topics';")],
      packages: [kit, madeUp('@made/topics', 'packages/topics')],
    };
    expect(findViolations(workspace)).toEqual([
      'packages/test-kit/src/a.ts:1 imports against the order of the packages: @made/topics',
    ]);
  });
});
