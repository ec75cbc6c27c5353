import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { rolldown } from 'rolldown';
import { root } from './root.mjs';

/** Packages without process-wide state, and without classes of which two copies would matter. */
const stateless = ['packages/client'];

/** Entries that pages use: a bundler for browsers gets an ES module that it can tree-shake. */
const forBrowsers = [
  { folder: 'packages/messages', entry: 'index' },
  { folder: 'packages/core', entry: 'options' },
];

/**
 * The entries of a package, by the names of their files in dist: `{ index: './src/index.ts' }`.
 *
 * @param {string} folder
 * @returns {Record<string, string>}
 */
function readEntries(folder) {
  const { exports } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(exports).flatMap(([path, target]) => {
      const source = target['@turnout/source'];
      return source === undefined ? [] : [[path === '.' ? 'index' : path.slice(2), source]];
    }),
  );
}

/** @param {string} id of an import */
function isExternal(id) {
  return !id.startsWith('.') && !isAbsolute(id);
}

/** @param {string} folder */
function removeCode(folder) {
  const dist = join(root, folder, 'dist');
  for (const file of readdirSync(dist)) {
    if (file !== 'types' && file !== '.tsbuildinfo') rmSync(join(dist, file), { recursive: true });
  }
}

/**
 * Writes the code of a package whose declarations are in dist/types. The code is CommonJS, one file for each entry and
 * one for code shared by entries. The ES module of an entry re-exports it, unless the package is stateless: whichever
 * way the package is loaded, its classes and its state exist once.
 *
 * @param {string} folder relative to the root
 */
export async function bundlePackage(folder) {
  const dist = join(root, folder, 'dist');
  const isStateless = stateless.includes(folder);
  const input = readEntries(folder);
  removeCode(folder);
  const bundle = await rolldown({ input, cwd: join(root, folder), external: isExternal, platform: 'node' });
  /** @type {import('rolldown').OutputOptions} */
  const shared = { dir: dist, exports: 'named', comments: { jsdoc: false } };
  const { output } = await bundle.write({
    ...shared,
    format: 'cjs',
    strict: true,
    esModule: false,
    generatedCode: { symbols: false },
    entryFileNames: '[name].js',
    chunkFileNames: 'shared-[name].js',
  });
  if (isStateless) await bundle.write({ ...shared, format: 'es', entryFileNames: '[name].mjs' });
  await bundle.close();
  await bundleForBrowsers(folder, input);
  for (const chunk of output) {
    if (chunk.type !== 'chunk' || !chunk.isEntry) continue;
    const names = chunk.exports.toSorted().join(', ');
    if (!isStateless)
      writeFileSync(join(dist, `${chunk.name}.mjs`), `export { ${names} } from './${chunk.name}.js';\n`);
    writeFileSync(join(dist, 'types', `${chunk.name}.d.mts`), `export * from './${chunk.name}.js';\n`);
  }
  // The package itself is "module", for its sources.
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
}

/**
 * Writes the entries of a package that pages use, each as one ES module beside the others.
 *
 * @param {string} folder relative to the root
 * @param {Record<string, string>} entries
 */
async function bundleForBrowsers(folder, entries) {
  for (const { entry } of forBrowsers.filter((candidate) => candidate.folder === folder)) {
    const bundle = await rolldown({ input: entries[entry] ?? '', cwd: join(root, folder), external: isExternal });
    await bundle.write({
      file: join(root, folder, 'dist', `${entry}.browser.mjs`),
      format: 'es',
      exports: 'named',
      comments: { jsdoc: false },
    });
    await bundle.close();
  }
}
