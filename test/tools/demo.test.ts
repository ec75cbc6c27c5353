import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../tools/ports.mjs';
import { copyRepository } from './copy-repository.ts';

let clone: string;

beforeAll(async () => {
  clone = await copyRepository();
}, 300_000);
afterAll(() => rm(clone, { recursive: true, force: true }));

test('the demo of a clean clone installs what it needs, and nothing for tests', async () => {
  const output: Buffer[] = [];
  const child = spawn('npx', ['-y', 'pnpm@12.21.0', 'demo'], {
    cwd: clone,
    env: { ...process.env, PORT: String(await freePort()), NODE_OPTIONS: '' },
    // A separate process group, so that all of it can be ended.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const closed = once(child, 'close');
  try {
    await expect.poll(() => Buffer.concat(output).toString()).toContain('listening on http://127.0.0.1:');
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await closed;
  }
  expect(Buffer.concat(output).toString()).not.toMatch(/warn|deprecated/i);
  const installed = await readdir(join(clone, 'node_modules/.pnpm'));
  expect(installed.filter((name) => /^(vitest|@stryker|typescript|oxlint|playwright|zod)/.test(name))).toEqual([]);
  expect(installed.length).toBeLessThan(150);
});
