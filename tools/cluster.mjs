// pnpm demo:cluster: the voting app as two processes that share a Redis, behind nginx. All of it ends with Ctrl-C.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exampleEntry } from './examples.mjs';
import { installDependencies } from './install-dependencies.mjs';
import { nginxConfig } from './nginx-config.mjs';
import { onNpxEnd } from './npx-watch.mjs';
import { freePort, isListening } from './ports.mjs';
import { root } from './root.mjs';
import { fromSources } from './run.mjs';
import { findSystemPart, installCommand, installSystemParts } from './system-parts.mjs';

const processCount = 2;
const needed = ['redis-server', 'nginx'];

/** @type {{ name: string, child: import('node:child_process').ChildProcess }[]} */
const running = [];
const folder = mkdtempSync(join(tmpdir(), 'turnout-cluster-'));
let isEnding = false;

/** @param {number} code */
async function end(code) {
  if (isEnding) return;
  isEnding = true;
  for (const { child } of running.toReversed()) {
    // A process that could not be started has no pid, and will not end.
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`${folder} could not be removed: ${/** @type {Error} */ (error).message}`);
  }
  process.exit(code);
}

/**
 * @param {string} name
 * @param {string} program
 * @param {string[]} parameters
 * @param {import('node:child_process').SpawnOptions} [options]
 */
function start(name, program, parameters, options) {
  // In a separate group: Ctrl-C is for this process, which ends the others in order.
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'inherit'], detached: true, ...options });
  running.push({ name, child });
  child.on('error', (error) => {
    console.error(`${name} could not be started: ${error.message}`);
    void end(1);
  });
  child.on('exit', (code, signal) => {
    if (!isEnding) console.log(`${name} has ended (${signal ?? code}); the others go on`);
  });
  return child;
}

/** @param {number} port */
async function untilListening(port) {
  while (!isEnding && !(await isListening(port))) await delay(50);
}

async function main() {
  if ((await installDependencies({ example: 'voting' })) !== 0) throw new Error('The installation failed');
  const missing = needed.filter((name) => !findSystemPart(name));
  if (missing.length > 0) {
    console.log(`installing ${missing.join(', ')}`);
    const problem = installSystemParts(missing);
    if (problem !== undefined)
      throw new Error(`Missing ${missing.join(', ')}; ${problem}. As root: ${installCommand(missing)}`);
  }
  const port = Number(process.env.PORT || 3000);
  const redisPort = await freePort();
  const redisOptions = `--port ${redisPort} --bind 127.0.0.1 --dir ${folder} --save  --appendonly yes`.split(' ');
  start('redis', /** @type {string} */ (findSystemPart('redis-server')), redisOptions);
  await untilListening(redisPort);
  /** @type {number[]} */
  const upstreamPorts = [];
  for (let index = 0; index < processCount; index++) {
    const upstreamPort = await freePort();
    upstreamPorts.push(upstreamPort);
    const child = start(`process ${index + 1}`, process.execPath, [...fromSources, exampleEntry], {
      cwd: join(root, 'examples/voting'),
      env: { ...process.env, PORT: String(upstreamPort), REDIS_URL: `redis://127.0.0.1:${redisPort}` },
    });
    console.log(`process ${index + 1}: pid ${child.pid}`);
  }
  await Promise.all(upstreamPorts.map(untilListening));
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(configuration, nginxConfig({ folder, port, upstreamPorts }));
  start('nginx', /** @type {string} */ (findSystemPart('nginx')), [
    '-p',
    folder,
    '-e',
    join(folder, 'error.log'),
    '-c',
    configuration,
  ]);
  await untilListening(port);
  console.log(
    `listening on http://127.0.0.1:${port}: two pages are served by two processes; kill -9 one of them, and look`,
  );
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
onNpxEnd(() => void end(0));
main().catch((error) => {
  console.error(error.message);
  void end(1);
});
