import { mkdir, realpath, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { root } from '../architecture/read-workspace.ts';
import { runNode, writeFiles } from './programs.ts';
import { packingTimeout, sharedProject } from './shared-project.ts';
import { commonjs, node10, nodenext, plainProgram, tsconfig, type Compilation } from './type-programs.ts';

const compilers = {
  'TypeScript 5.9': join(root, 'test/node_modules/typescript59/bin/tsc'),
  'TypeScript 7': join(root, 'node_modules/typescript/bin/tsc'),
};
const nodeTypes = {
  'the oldest @types/node': join(root, 'node_modules/@types/node'),
  'the newest @types/node': join(root, 'test/node_modules/types-node-newest'),
};

let folder: string;
beforeAll(async () => {
  ({ folder } = await sharedProject());
}, packingTimeout);

// All versions, and all packages, are compiled by toolchains.test.ts.
test.each<[keyof typeof compilers, keyof typeof nodeTypes, Compilation]>([
  ['TypeScript 5.9', 'the newest @types/node', node10],
  ['TypeScript 7', 'the newest @types/node', nodenext],
  ['TypeScript 7', 'the oldest @types/node', commonjs],
])('%s with %s compiles a program that uses the packages, and checks their declarations', async (...parameters) => {
  const [compiler, types, compilation] = parameters;
  const name = `types/${compiler}-${types}`.replaceAll(/[^\w/]/g, '-');
  await writeFiles(folder, {
    [`${name}/package.json`]: JSON.stringify({ type: compilation.type }),
    [`${name}/tsconfig.json`]: tsconfig(compilation),
    [`${name}/program.ts`]: plainProgram,
  });
  const typesFolder = join(folder, name, 'node_modules/@types');
  await mkdir(typesFolder, { recursive: true });
  await symlink(await realpath(nodeTypes[types]), join(typesFolder, 'node'), 'dir');
  expect(await runNode(join(folder, name), [compilers[compiler], '-p', '.'])).toBe('');
});
