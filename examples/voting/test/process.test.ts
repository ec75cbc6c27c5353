import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess, type RunningProcess } from '@turnout/example-host/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Candidate } from '../src/candidates.ts';
import { nextOf, openMessages, signIn } from './running-app.ts';

let dataDir: string;
let processes: RunningProcess[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'turnout-voting-'));
  processes = [];
});
afterEach(async () => {
  for (const running of processes) await running.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

function start(port = 0): RunningProcess {
  const running = startProcess({ folder: new URL('..', import.meta.url), dataDir: join(dataDir, 'votes'), port });
  processes.push(running);
  return running;
}

test('votes and sessions survive kill -9: every acknowledged vote is still counted', async () => {
  const first = start();
  const cookie = await signIn(await first.url, 'Ann');
  const socket = await openMessages(await first.url, cookie);
  for (let votes = 0; votes < 5; votes++) socket.send('2');
  let told = 0;
  while (told < 5) told = (await nextOf<{ count: number }>(socket, 'vote')).count;
  first.child.kill('SIGKILL');
  expect((await socket.closed).code).toBe(1006);

  const second = start();
  const again = await openMessages(await second.url, cookie);
  const { candidates } = await nextOf<{ candidates: Candidate[] }>(again, 'snapshot');
  expect(candidates[1]!.count).toBe(5);
  again.terminate();
});

test('SIGTERM closes clients with 1001 and exits with 0; only the owner can read the secret', async () => {
  const { child, url } = start();
  const socket = await openMessages(await url, await signIn(await url, 'Ann'));
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  expect((await socket.closed).code).toBe(1001);
  expect(await exit).toEqual([0, null]);
  expect(statSync(join(dataDir, 'votes', 'secret')).mode & 0o777).toBe(0o600);
});

test('a port in use is reported in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { child, url } = start(port);
  const exit = once(child, 'exit');
  await expect(url).rejects.toThrow(new Error(`Port ${port} is taken: set PORT to another\n`));
  expect(await exit).toEqual([1, null]);
  taken.close();
});
