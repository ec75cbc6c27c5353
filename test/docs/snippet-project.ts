import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { installProject } from '../packaging/installed-project.ts';
import type { InstalledProject } from '../packaging/installed-project.ts';
import type { MarkedSnippet } from './marked-snippet.ts';

const execute = promisify(execFile);
const require = createRequire(import.meta.url);
const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
const preload = fileURLToPath(new URL('./listen-anywhere.mjs', import.meta.url));

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  allowJs: true,
  checkJs: true,
  outDir: 'compiled',
  rootDir: '.',
};

/** What the snippets may import in addition to our packages. */
const libraries = [
  'express',
  'express-session',
  'cookie-parser',
  'helmet',
  'koa',
  '@koa/router',
  'fastify',
  'zod',
  'ws',
];
const types = ['node', 'express', 'express-session', 'cookie-parser', 'koa', 'ws'].map((name) => `@types/${name}`);

export function installSnippetProject(): Promise<InstalledProject> {
  return installProject([...libraries, ...types]);
}

/**
 * Compiles a snippet against the built packages, like a reader who copied it.
 *
 * @returns the path of the JavaScript
 * @throws {Error} with what the compiler says
 */
export async function compileSnippet(snippet: MarkedSnippet, { folder }: InstalledProject): Promise<string> {
  const file = `${snippet.name}.${snippet.language}`;
  const config = join(folder, `tsconfig.${snippet.name}.json`);
  await writeFile(join(folder, file), snippet.code);
  await writeFile(config, JSON.stringify({ compilerOptions, files: [file] }));
  await execute(process.execPath, [compiler, '-p', config], { cwd: folder }).catch((error: { stdout?: string }) => {
    throw new Error(`${snippet.document}:${snippet.line} does not compile:\n${error.stdout}`, { cause: error });
  });
  return join(folder, 'compiled', `${snippet.name}.js`);
}

/**
 * Runs the tests of a snippet.
 *
 * @returns how many passed
 * @throws {Error} if one failed
 */
export async function testSnippet(snippet: MarkedSnippet, project: InstalledProject): Promise<number> {
  const script = await compileSnippet(snippet, project);
  const { stdout } = await execute(process.execPath, ['--test-reporter=tap', script], {
    cwd: project.folder,
    maxBuffer: 2 ** 24,
  }).catch((error: { stdout?: string }) => {
    throw new Error(`${snippet.document}:${snippet.line} has failed:\n${error.stdout}`, { cause: error });
  });
  return Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
}

/** Starts the server of a snippet and returns its first message. */
export async function runSnippet(snippet: MarkedSnippet, project: InstalledProject): Promise<string> {
  const script = await compileSnippet(snippet, project);
  const server = fork(script, { cwd: project.folder, execArgv: ['--import', preload], stdio: 'inherit' });
  const ended = once(server, 'exit');
  try {
    return await exchange(await portOf(server, snippet), snippet);
  } finally {
    server.kill('SIGKILL');
    await ended;
  }
}

function portOf(server: ChildProcess, { document, line }: MarkedSnippet): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('message', (message: { port: number }) => resolve(message.port));
    server.once('exit', (code) => reject(new Error(`${document}:${line} ended with ${code} and served nothing`)));
  });
}

async function exchange(port: number, snippet: MarkedSnippet): Promise<string> {
  const client = new WebSocket(`ws://127.0.0.1:${port}${snippet.exchange.path}`);
  try {
    await once(client, 'open');
    client.send(snippet.exchange.send);
    const [data] = (await once(client, 'message')) as [Buffer];
    return data.toString();
  } finally {
    client.terminate();
  }
}
