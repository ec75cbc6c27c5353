import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../architecture/read-workspace.ts';

const execute = promisify(execFile);

/** The package manager of the repository: on the PATH inside `pnpm test`, otherwise run with npx. */
const pnpm = process.env['npm_config_user_agent']?.startsWith('pnpm/') ? ['pnpm'] : ['npx', '-y', 'pnpm@12.21.0'];

export interface Tarball {
  /** The folder of the package, such as `packages/core`. */
  readonly folder: string;
  readonly name: string;
  /** The absolute path of the .tgz file. */
  readonly path: string;
  /** Its files, relative to the package, sorted. */
  readonly files: readonly string[];
}

/** Packs one package as for publishing, into the folder `destination`. The package must have been built. */
export async function pack(folder: string, destination: string): Promise<Tarball> {
  if (!existsSync(join(root, folder, 'dist/index.mjs'))) throw new Error(`${folder} is not built: run "pnpm build"`);
  const [program, ...parameters] = [...pnpm, 'pack', '--json', '--pack-destination', destination];
  const { stdout } = await execute(program, parameters, { cwd: join(root, folder) });
  const { name, filename, files } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
    name: string;
    filename: string;
    files: { path: string }[];
  };
  return { folder, name, path: filename, files: files.map(({ path }) => path).toSorted() };
}
