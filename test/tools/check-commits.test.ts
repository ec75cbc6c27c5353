import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../architecture/read-workspace.ts';

let repository: string;
beforeEach(() => {
  repository = mkdtempSync(join(tmpdir(), 'turnout-history-'));
  execFileSync('git', ['init', '--quiet'], { cwd: repository });
  commit('start', 'README.md');
});
afterEach(() => rmSync(repository, { recursive: true, force: true }));

let counter = 0;
function commit(message: string, ...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(repository, file)), { recursive: true });
    writeFileSync(join(repository, file), String(counter++));
  }
  const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', ['add', '.'], { cwd: repository });
  execFileSync('git', [...identity, 'commit', '--quiet', '-m', message], { cwd: repository });
}

function check(range: string): { status: number | null; stderr: string } {
  const script = join(root, 'tools/check-commits.mjs');
  return spawnSync(process.execPath, [script, range], { cwd: repository, encoding: 'utf8' });
}

test('commits that change packages without the changelog are named', () => {
  commit('core: read faster', 'packages/core/src/reader.ts');
  commit('koa: take slashes', 'packages/adapters/koa/src/app.ts');
  commit('tests: read more', 'packages/core/test/reader.test.ts', 'examples/chat/src/main.ts');
  const { status, stderr } = check('HEAD~3..');
  expect(status).toBe(1);
  expect(stderr).toMatch(/CHANGELOG\.md has no line/);
  expect(stderr).toMatch(/ {2}\w+ core: read faster\n/);
  expect(stderr).toMatch(/ {2}\w+ koa: take slashes\n/);
  expect(stderr).not.toContain('tests: read more');
});

test('one change of the changelog in the range, or a reason in each commit, is enough', () => {
  commit('core: read faster', 'packages/core/src/reader.ts');
  commit('changelog: reading is faster', 'CHANGELOG.md');
  expect(check('HEAD~2..')).toMatchObject({ status: 0, stderr: '' });
  commit('core: split a file\n\nChangelog: none, names alone', 'packages/core/src/part.ts');
  expect(check('HEAD~1..')).toMatchObject({ status: 0, stderr: '' });
  commit('core: join it\n\nChangelog: none', 'packages/core/src/part.ts');
  expect(check('HEAD~1..').status).toBe(1);
});

test('a subject of more than 72 characters is rejected', () => {
  commit('x'.repeat(72), 'README.md');
  expect(check('HEAD~1..')).toMatchObject({ status: 0, stderr: '' });
  commit('x'.repeat(73), 'README.md');
  expect(check('HEAD~1..')).toMatchObject({ status: 1, stderr: expect.stringContaining('x'.repeat(73)) });
});
