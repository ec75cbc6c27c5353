import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Candidate } from '../src/vote-store.ts';
import { nextOf, openMessages, signIn } from './running-app.ts';

let dataDir: string;
let children: ChildProcess[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'turnout-voting-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts the program as `pnpm example voting` does, and waits for the line that says where. */
async function start(port = '0'): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--conditions=@turnout/source', '--import', 'tsx', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: port, DATA_DIR: join(dataDir, 'votes'), HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  expect(line).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+$/);
  return { child, url: line.slice('listening on '.length) };
}

test('votes and sessions outlive kill -9: what was told to a client is there afterwards', async () => {
  const first = await start();
  const cookie = await signIn(first.url, 'Ann');
  const socket = await openMessages(first.url, cookie);
  for (let votes = 0; votes < 5; votes++) socket.send('2');
  let told = 0;
  while (told < 5) told = (await nextOf<{ count: number }>(socket, 'vote')).count;
  first.child.kill('SIGKILL');
  expect((await socket.closed).code).toBe(1006);

  const second = await start();
  const again = await openMessages(second.url, cookie);
  const { candidates } = await nextOf<{ candidates: Candidate[] }>(again, 'snapshot');
  expect(candidates[1]!.count).toBe(5);
  again.terminate();
});

test('SIGTERM says goodbye to clients with 1001 and exits 0; the secret is for its owner alone', async () => {
  const { child, url } = await start();
  const socket = await openMessages(url, await signIn(url, 'Ann'));
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  expect((await socket.closed).code).toBe(1001);
  expect(await exit).toEqual([0, null]);
  expect(statSync(join(dataDir, 'votes', 'secret')).mode & 0o777).toBe(0o600);
});

test('a taken port is said in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const child = spawn(process.execPath, ['--conditions=@turnout/source', '--import', 'tsx', 'src/main.ts'], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, PORT: String(port), DATA_DIR: dataDir },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const chunks: Buffer[] = [];
  child.stderr!.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(1);
  expect(Buffer.concat(chunks).toString()).toBe(`Port ${port} is taken: set PORT to another\n`);
  taken.close();
});
